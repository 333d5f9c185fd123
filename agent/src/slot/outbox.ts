import type { MessagePort } from 'node:worker_threads';
import type { ByteWriter } from '../protocol/byte-writer.js';
import { isRingHalfFull, waitForRoom, writeToRing } from './ring.js';
import { type SlotMemory, word } from './slot-memory.js';
import type { FromExecutor } from './slot-messages.js';

/** Records from this size on go to the control thread in a buffer of their own. */
const largeRecord = 64 * 1024;
/** Bytes of such records that may be on their way before the executor waits. */
const largePendingLimit = 64 * 1024 * 1024;
/** The control thread answers in 0.1 ms unless the machine is very busy. */
const toldDeadlineMs = 2000;
/** Finished results leave at the latest this long after the one before, while the slot goes on. */
const flushEveryMs = 2;

/** The executor's way out: records go through shared memory, so that the control thread can take them while a task blocks this one. */
export class Outbox {
  readonly #memory: SlotMemory;
  readonly #port: MessagePort;
  #flushedAt = 0;

  constructor(memory: SlotMemory, port: MessagePort) {
    this.#memory = memory;
    this.#port = port;
  }

  send(message: FromExecutor): void {
    this.#port.postMessage(message);
  }

  /**
   * Says that a module is loaded, and waits until the host has been told: a task that takes the process down at once must not look
   * like a module that does.
   */
  loaded(job: number): void {
    const { words } = this.#memory;
    Atomics.store(words, word.loadedTold, 0);
    this.send({ type: 'loaded', job });
    Atomics.wait(words, word.loadedTold, 0, toldDeadlineMs);
  }

  /** Hands over what the writer holds and empties it. Blocks while the control thread has no room. */
  put(out: ByteWriter): void {
    if (out.length >= largeRecord) {
      this.#putLarge(out);
      return;
    }
    const bytes = out.written();
    while (!writeToRing(this.#memory, bytes)) {
      this.flush();
      waitForRoom(this.#memory);
    }
    out.length = 0;
  }

  #putLarge(out: ByteWriter): void {
    const { words } = this.#memory;
    for (;;) {
      const pending = Atomics.load(words, word.largePending);
      if (pending < largePendingLimit) break;
      Atomics.wait(words, word.largePending, pending, 100);
    }
    const bytes = new Uint8Array(out.take());
    // The ring may hold earlier records of the same task, and the control thread empties it before it sends this one.
    Atomics.add(words, word.largePending, bytes.length);
    this.#port.postMessage({ type: 'large', bytes } satisfies FromExecutor, [bytes.buffer as ArrayBuffer]);
  }

  /** Wakes the control thread. */
  flush(): void {
    if (Atomics.exchange(this.#memory.words, word.pinged, 1) === 0) this.send({ type: 'ping' });
  }

  /** Wakes the control thread if much has gathered, or if it is time. */
  flushIfDue(nowMs: number): void {
    if (nowMs - this.#flushedAt < flushEveryMs && !isRingHalfFull(this.#memory)) return;
    this.#flushedAt = nowMs;
    this.flush();
  }
}
