import { setTimeout as delay } from 'node:timers/promises';

/** Whether a host runs, and who ended it. One deed at a time. */
export class PowerState {
  #turn: Promise<unknown> = Promise.resolve();
  #cycle = newCycle();
  #destroyed = false;

  get isOn(): boolean {
    return !this.#cycle.over;
  }

  /** Settles when the host ends and nobody has said that it would. */
  get off(): Promise<void> {
    return this.#cycle.off;
  }

  /** A new life begins. */
  on(): void {
    this.#cycle = newCycle();
  }

  /** The host has ended. */
  ended(): void {
    const { expected, tellOff, tellEnd } = this.#cycle;
    this.#cycle.over = true;
    tellEnd();
    if (!expected) tellOff();
  }

  /** An end from now on is ours: what was to be done later is given up. Whether there is anything to end. */
  async expectEnd(): Promise<boolean> {
    const { abort, later } = this.#cycle;
    this.#cycle.expected = true;
    abort.abort();
    await later;
    return this.isOn;
  }

  /** Work for later in this life. It has to end when its signal says so. */
  later(work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#cycle.abort;
    this.#cycle.later = work(signal).catch(error => {
      if (!signal.aborted && this.isOn) throw error;
    });
  }

  /** Whether it ends in time. */
  async hasEnded(timeoutMs: number): Promise<boolean> {
    const abort = new AbortController();
    const late = delay(timeoutMs, false, { signal: abort.signal }).catch(() => false);
    const answer = await Promise.race([this.#cycle.end.then(() => true), late]);
    abort.abort();
    return answer;
  }

  /** True the first time. */
  destroyed(): boolean {
    const first = !this.#destroyed;
    this.#destroyed = true;
    return first;
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function newCycle() {
  const settled = () => {
    let settle = (): void => undefined;
    const promise = new Promise<void>(resolve => {
      settle = resolve;
    });
    return { promise, settle };
  };
  const [off, end] = [settled(), settled()];
  const later: Promise<void> = Promise.resolve();
  return {
    off: off.promise,
    tellOff: off.settle,
    end: end.promise,
    tellEnd: end.settle,
    abort: new AbortController(),
    later,
    expected: false,
    over: false,
  };
}
