import { type SlotMemory, word } from './slot-memory.js';

/** How long one wait for room lasts before the reader is asked again, milliseconds. */
const waitSliceMs = 100;

/** Copies bytes into the ring; false when there is no room now. For the executor thread only. */
export function writeToRing(memory: SlotMemory, bytes: Uint8Array): boolean {
  const { words, ring } = memory;
  const written = Atomics.load(words, word.written) >>> 0;
  const used = (written - (Atomics.load(words, word.read) >>> 0)) >>> 0;
  if (bytes.length > ring.length - used) return false;
  const at = written & (ring.length - 1);
  const untilEnd = ring.length - at;
  if (bytes.length <= untilEnd) {
    ring.set(bytes, at);
  } else {
    ring.set(bytes.subarray(0, untilEnd), at);
    ring.set(bytes.subarray(untilEnd), 0);
  }
  Atomics.store(words, word.written, (written + bytes.length) | 0);
  return true;
}

/** Takes all that the ring holds; undefined when it is empty. For the control thread only. */
export function readFromRing(memory: SlotMemory): Buffer | undefined {
  const { words, ring } = memory;
  const read = Atomics.load(words, word.read) >>> 0;
  const length = ((Atomics.load(words, word.written) >>> 0) - read) >>> 0;
  if (length === 0) return undefined;
  const bytes = Buffer.allocUnsafeSlow(length);
  const at = read & (ring.length - 1);
  const untilEnd = Math.min(length, ring.length - at);
  bytes.set(ring.subarray(at, at + untilEnd), 0);
  bytes.set(ring.subarray(0, length - untilEnd), untilEnd);
  Atomics.store(words, word.read, (read + length) | 0);
  Atomics.notify(words, word.read);
  return bytes;
}

/** Blocks the executor thread until the control thread has read something: this is what holds back a task that prints faster than anyone reads. */
export function waitForRoom(memory: SlotMemory): void {
  Atomics.wait(memory.words, word.read, Atomics.load(memory.words, word.read), waitSliceMs);
}

export function isRingHalfFull(memory: SlotMemory): boolean {
  const used = ((Atomics.load(memory.words, word.written) >>> 0) - (Atomics.load(memory.words, word.read) >>> 0)) >>> 0;
  return used * 2 > memory.ring.length;
}
