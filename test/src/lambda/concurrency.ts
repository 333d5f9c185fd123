import type { Account } from './state/account.js';
import type { EmulatedFunction } from './state/emulated-function.js';
import { throttled } from './wire/lambda-error.js';

/** Lets calls run while account and function have room, and functions grow no faster than they may. */
export class Concurrency {
  readonly #account: Account;
  readonly #burst: { readonly sandboxes: number; readonly perMs: number };
  readonly #running = new Map<EmulatedFunction, number>();
  /** When sandboxes were made of late, epoch milliseconds, oldest first. */
  readonly #made = new Map<EmulatedFunction, number[]>();

  constructor(account: Account, burst = { sandboxes: 1000, perMs: 10_000 }) {
    this.#account = account;
    this.#burst = burst;
  }

  /** @throws LambdaError where it is to be throttled; else `end` must be called */
  begin(one: EmulatedFunction): void {
    const running = this.#running.get(one) ?? 0;
    if (one.reserved !== undefined) {
      if (running >= one.reserved) throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    } else if (this.#unreserved >= this.#account.unreservedConcurrency) {
      throw throttled('ConcurrentInvocationLimitExceeded');
    }
    this.#running.set(one, running + 1);
  }

  end(one: EmulatedFunction): void {
    this.#running.set(one, (this.#running.get(one) ?? 1) - 1);
  }

  /** One more sandbox. @throws LambdaError where there were too many of late */
  grow(one: EmulatedFunction): void {
    const now = this.#account.now();
    const made = (this.#made.get(one) ?? []).filter(at => at > now - this.#burst.perMs);
    // AWS does not say which reason it gives for this; callers see the same text.
    if (made.length >= this.#burst.sandboxes) throw throttled('ConcurrentInvocationLimitExceeded');
    made.push(now);
    this.#made.set(one, made);
  }

  get #unreserved(): number {
    let sum = 0;
    for (const [one, running] of this.#running) if (one.reserved === undefined) sum += running;
    return sum;
  }
}
