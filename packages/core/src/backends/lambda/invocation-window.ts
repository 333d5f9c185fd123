/** How many calls may be out at once: it feels its way to what the account allows, and gives way where AWS says that it is too much. */
export interface WindowLimits {
  /** Never more than these at once. */
  readonly most: number;
  /** So many at first. @defaultValue AWS's own first step */
  readonly first?: number;
}

/** The call that a throttling answers: one that was sent before the last step back says nothing new. */
export interface Pass {
  readonly epoch: number;
}

/** AWS makes 1,000 sandboxes of a function at once, and 1,000 more every 10 s: "Understanding Lambda function scaling". */
const firstCalls = 1000;
const morePerSecond = 100;
/** After a throttling the way up is slower: this part of the limit a second. */
const carefully = 0.05;
const growEveryMs = 1000;

export class InvocationWindow {
  #most: number;
  #size: number;
  #out = 0;
  #epoch = 0;
  #isCareful = false;
  #grownAt: number;

  constructor({ most, first = firstCalls }: WindowLimits, now: number) {
    this.#most = Math.max(1, Math.floor(most));
    this.#size = Math.min(this.#most, Math.max(1, first));
    this.#grownAt = now;
  }

  get size(): number {
    return this.#size;
  }

  get out(): number {
    return this.#out;
  }

  /** Calls that may begin now. */
  get free(): number {
    return Math.max(0, Math.floor(this.#size) - this.#out);
  }

  /** What the account allows has become known. */
  limit(most: number): void {
    this.#most = Math.max(1, Math.floor(most));
    this.#size = Math.min(this.#size, this.#most);
  }

  /** A call begins. */
  enter(): Pass {
    this.#out += 1;
    return { epoch: this.#epoch };
  }

  /** It was answered, however well: there was room for it. */
  leave(): void {
    this.#out -= 1;
    this.#size = Math.min(this.#most, this.#size + (this.#isCareful ? 1 / this.#size : 1));
  }

  /** It was refused for want of room. */
  refused(pass: Pass, now: number): void {
    const wereOut = this.#out;
    this.#out -= 1;
    if (pass.epoch !== this.#epoch) return;
    this.#epoch += 1;
    this.#isCareful = true;
    this.#grownAt = now;
    this.#size = Math.max(1, Math.min(this.#size, wereOut) / 2);
  }

  /** Never looked at, or ended by its own side: says nothing of room. */
  withdraw(): void {
    this.#out -= 1;
  }

  /** Long calls tell of room only by not being refused: while they are out, time widens the window. @returns whether it did */
  widen(now: number): boolean {
    if (now - this.#grownAt < growEveryMs) return false;
    this.#grownAt = now;
    if (this.free > 0 || this.#size >= this.#most) return false;
    const step = this.#isCareful ? Math.max(1, this.#most * carefully) : morePerSecond;
    this.#size = Math.min(this.#most, this.#size + step);
    return true;
  }
}
