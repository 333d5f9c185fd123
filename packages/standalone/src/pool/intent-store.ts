import { join } from 'node:path';
import * as z from 'zod';
import type { IntentClient, LaunchIntent, LaunchTry } from './launch-intent.js';
import { type DamagedFile, RecordFolder } from './record-folder.js';

const moment = z.number().nonnegative();
const positive = z.number().positive();

const launchTry = z.object({
  clientToken: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  request: z.string().min(1),
  at: moment,
});

const launchIntent = z.object({
  formatVersion: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  provider: z.string().min(1),
  region: z.string().min(1),
  owner: z.string().min(1),
  label: z.enum(['public', 'internal', 'confidential', 'restricted']),
  requirements: z.object({ cpus: positive, memoryBytes: positive, diskBytes: z.exactOptional(positive) }),
  job: z.exactOptional(z.string().min(1)),
  client: z.exactOptional(
    z.object({ hostname: z.string(), pid: z.int().positive(), startTicks: z.exactOptional(z.number()) }),
  ),
  createdAt: moment,
  expiresAt: moment,
  tries: z.array(launchTry),
  machine: z.exactOptional(z.string().min(1)),
  servedAt: z.exactOptional(moment),
  releasedAt: z.exactOptional(moment),
  closedAt: z.exactOptional(moment),
});

export interface StoredIntents {
  /** By id. */
  readonly intents: readonly LaunchIntent[];
  /** Files that should hold an intent, and don't: a machine may belong to each. */
  readonly damaged: readonly DamagedFile[];
}

/** The intents of this client, `cloud/intents/ID.json` below its home: on disk before the cloud is asked for anything. */
export class IntentStore {
  readonly #files: RecordFolder<LaunchIntent>;

  constructor(home: string) {
    this.#files = new RecordFolder(join(home, 'cloud', 'intents'), launchIntent);
  }

  /**
   * Writes an intent, together with what another process has learned of it: tries are only added, and a closed one stays closed. Settles when it
   * would survive a power failure.
   * @returns what is on disk now
   * @throws MegalithError JOURNAL_FAILED, DISK_FULL; CANCELLED
   */
  async put(intent: LaunchIntent, signal?: AbortSignal): Promise<LaunchIntent> {
    const valid = launchIntent.parse(intent);
    const kept = await this.#files.change(valid.id, old => (old === undefined ? valid : joined(old, valid)), signal);
    return kept!;
  }

  /** Every intent, closed ones too. Damaged files are set aside and named, each time. */
  async all(): Promise<StoredIntents> {
    const { records, damaged } = await this.#files.all();
    return { intents: records, damaged };
  }

  async find(id: string): Promise<LaunchIntent | undefined> {
    return await this.#files.find(id);
  }

  /**
   * No machine of this intent is wanted any more. Idempotent: the first time counts.
   * @returns the closed intent; undefined where there is none
   */
  async close(id: string, now: number, signal?: AbortSignal): Promise<LaunchIntent | undefined> {
    return await this.#files.change(id, old => (old === undefined ? undefined : { closedAt: now, ...old }), signal);
  }

  /** The job wants the machine no more, and another may have it; an intent without a machine is closed. Nothing where another job has it by now. */
  async release(id: string, job: string, now: number, signal?: AbortSignal): Promise<void> {
    await this.#files.change(
      id,
      old => {
        if (old === undefined || old.job !== job) return old;
        return old.machine === undefined ? { closedAt: now, ...old } : { releasedAt: now, ...old };
      },
      signal,
    );
  }

  /** A job has got the machine that another left. */
  async take(id: string, job: string, client: IntentClient, signal?: AbortSignal): Promise<void> {
    await this.#files.change(id, old => (old === undefined ? undefined : takenBy(old, job, client)), signal);
  }

  /** The same, unless another job has it or nobody wants it any more. @returns whether this job has it now */
  async takeLeft(id: string, job: string, client: IntentClient, signal?: AbortSignal): Promise<boolean> {
    let isTaken = false;
    await this.#files.change(
      id,
      old => {
        if (old === undefined) return undefined;
        isTaken = old.closedAt === undefined && (old.releasedAt !== undefined || (old.job ?? job) === job);
        return isTaken ? takenBy(old, job, client) : old;
      },
      signal,
    );
    return isTaken;
  }

  /** Removes an intent: only once its machine was seen terminated, or none can come of it. */
  async forget(id: string, signal?: AbortSignal): Promise<void> {
    await this.#files.change(id, () => undefined, signal);
  }
}

function takenBy({ releasedAt: _, ...intent }: LaunchIntent, job: string, client: IntentClient): LaunchIntent {
  return { ...intent, job, client };
}

/** What two processes know of one intent: the newer, and nothing of the older lost. */
export function joined(older: LaunchIntent, newer: LaunchIntent): LaunchIntent {
  const tries = new Map<string, LaunchTry>();
  for (const one of [...older.tries, ...newer.tries]) {
    const known = tries.get(one.clientToken);
    // The first time that a token was used counts.
    if (known === undefined || one.at < known.at) tries.set(one.clientToken, one);
  }
  const closed = [older.closedAt, newer.closedAt].filter(at => at !== undefined);
  return {
    ...older,
    ...newer,
    tries: [...tries.values()].sort((one, other) => one.at - other.at),
    ...(closed.length === 0 ? {} : { closedAt: Math.min(...closed) }),
  };
}
