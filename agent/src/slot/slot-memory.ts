/** Bytes of results and logs that may wait in shared memory for the control thread; a power of two. */
const ringCapacity = 512 * 1024;
const headerLength = 64;

/** Words of the header. */
export const word = {
  /** The next ticket that may be taken, or `closed`. */
  claim: 0,
  /** Bytes written to the ring so far, and bytes read from it; both wrap at 2^32. */
  written: 1,
  read: 2,
  /** 1 while a wake-up of the control thread is on its way. */
  pinged: 3,
  /** Bytes of large records handed over beside the ring and not yet sent. */
  largePending: 4,
  /** Rises when everything handed over so far has left the process. */
  flushed: 5,
  /** Rises when the host has been told that a module is loaded. */
  loadedTold: 6,
} as const;

/** The memory that an executor thread and the control thread share: claims, the ring, and when the running task started. */
export class SlotMemory {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly ring: Uint8Array;
  readonly #startedAt: Float64Array;

  constructor(buffer = new SharedArrayBuffer(headerLength + ringCapacity)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, 8);
    this.#startedAt = new Float64Array(buffer, 32, 1);
    this.ring = new Uint8Array(buffer, headerLength);
  }

  /** Epoch milliseconds at which the task claimed last began. */
  get startedAt(): number {
    return this.#startedAt[0] as number;
  }
  set startedAt(at: number) {
    this.#startedAt[0] = at;
  }
}
