import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity, unlessMissingSync } from '@megalith/agent';

/** A claim of another computer, whose processes nobody here can see, was left behind after this time, milliseconds. */
const staleMs = 30_000;
/** Claims that stay behind the newest, for those who are just listing the folder. */
const keptClaims = 8;
const free = 'free';

interface Holder {
  readonly host: string;
  readonly process: ProcessIdentity | undefined;
}

export interface Claim {
  readonly release: () => void;
}

/**
 * A lock between processes, held for milliseconds and within one turn of the event loop. It is a folder of numbered claims, each a symbolic
 * link whose target says who made it: the highest number decides. It is never removed and numbers only rise, so that whoever was slow sees
 * that it is late; that is why a dead holder's lock can be taken over without a moment in which two have it.
 */
export class ClaimLock {
  readonly #folder: string;
  readonly #mine: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#mine = JSON.stringify({ host: hostname(), process: identityOf(process.pid) } satisfies Holder);
  }

  /** Undefined where somebody else has it, or was quicker. */
  tryTake(): Claim | undefined {
    const top = this.#highest();
    const holder = top === 0 ? free : this.#holderOf(top);
    if (holder === undefined || (holder !== free && !this.#isGone(holder, top))) return undefined;
    const number = top + 1;
    if (!this.#put(number, this.#mine)) return undefined;
    if (this.#highest() !== number) {
      rmSync(this.#path(number), { force: true });
      return undefined;
    }
    this.#removeBefore(number - keptClaims);
    return { release: () => void this.#put(number + 1, free) };
  }

  #highest(): number {
    return Math.max(0, ...this.#numbers());
  }

  #numbers(): number[] {
    try {
      return readdirSync(this.#folder).map(Number).filter(Number.isSafeInteger);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      return [];
    }
  }

  /** False where the number is taken. */
  #put(number: number, target: string): boolean {
    try {
      symlinkSync(target, this.#path(number));
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /** Undefined for one that was removed meanwhile, since there are higher ones. */
  #holderOf(number: number): string | undefined {
    return unlessMissingSync(() => readlinkSync(this.#path(number)));
  }

  #isGone(text: string, number: number): boolean {
    const holder = JSON.parse(text) as Holder;
    if (holder.host === hostname() && holder.process !== undefined) return !isAlive(holder.process);
    const since = unlessMissingSync(() => lstatSync(this.#path(number)).mtimeMs);
    return since !== undefined && Date.now() - since > staleMs;
  }

  #removeBefore(limit: number): void {
    for (const number of this.#numbers()) if (number < limit) rmSync(this.#path(number), { force: true });
  }

  #path(number: number): string {
    return join(this.#folder, String(number));
  }
}

/** Undefined where it was not to be had in time, milliseconds. */
export async function waitForClaim(lock: ClaimLock, patienceMs: number): Promise<Claim | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const claim = lock.tryTake();
    if (claim !== undefined || performance.now() > deadline) return claim;
    // Who waits in step takes the lock in step.
    await delay(1 + Math.random() * 3);
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
