import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError, type JobFolder, MegalithError, pruneJobs } from '@megalith/agent';
import { JobCopy, mirrorHome } from './job-copy.js';
import { mirrorOver } from './mirror-stream.js';

/** A machine as a mirror needs it. */
export interface MirrorSource {
  /** The machine's id, and its name for people. */
  readonly id: string;
  readonly name: string;
  /** A new stream to the machine's agent, which is started where it does not run. */
  open(signal?: AbortSignal): Promise<Duplex>;
}

export interface MirrorOptions {
  /** This client's home: the copy comes to `mirrors/<machine id>/jobs/<id>` in it. */
  readonly home: string;
  /** Go on until the job is over. @defaultValue false */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /** How long a lost contact is sought again, milliseconds; where there was none at all its failure is told at once. @defaultValue 10 minutes */
  readonly patienceMs?: number;
  /** Told of each loss of contact. */
  readonly onLost?: (error: Error) => void;
  /** The copy is there, and may be read while it grows. */
  readonly onBegun?: () => void;
}

const defaultPatienceMs = 10 * 60 * 1000;
const firstBackoffMs = 200;
const longestBackoffMs = 5000;
/** A copy that has to begin again more often than this is changed under our hands. */
const mostBeginnings = 3;

/** Failures that a new try may mend. */
const passing: ReadonlySet<string> = new Set(['CONTACT_LOST', 'SSH_FAILED', 'BOOTSTRAP_FAILED', 'TIMED_OUT']);

/**
 * Copies a job from its machine to this client's home, in the format it has there: what reads jobs reads the copy, with
 * `mirrorHome(home, machine.id)` as the home. What was copied before is not copied again, and old copies go as old jobs do. A copy of a job that is over asks nobody.
 * @returns the copy as it stands then
 * @throws MegalithError NOT_FOUND, CONTACT_LOST when patience is at its end, DISK_FULL, JOURNAL_FAILED, and what `open` throws; with a
 * signal, its reason
 */
export async function mirrorJob(machine: MirrorSource, id: string, options: MirrorOptions): Promise<JobFolder> {
  const home = mirrorHome(options.home, machine.id);
  await pruneJobs(home);
  const copy = await JobCopy.open(home, id, machine.id);
  try {
    const known = await copy.folder();
    if (known?.summary === undefined) await new Mirroring(machine, id, copy, options).run();
    else options.onBegun?.();
    const folder = await copy.folder();
    if (folder === undefined) throw new MegalithError('NOT_FOUND', `the copy of job "${id}" was removed`);
    return folder;
  } finally {
    copy.close();
  }
}

/** One copying, over as many streams as it takes. */
class Mirroring {
  readonly #machine: MirrorSource;
  readonly #id: string;
  readonly #copy: JobCopy;
  readonly #options: MirrorOptions;
  #hadContact = false;
  #lostAt: number | undefined;
  #beginnings = 0;

  constructor(machine: MirrorSource, id: string, copy: JobCopy, options: MirrorOptions) {
    this.#machine = machine;
    this.#id = id;
    this.#copy = copy;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    for (;;) {
      signal?.throwIfAborted();
      try {
        if (await this.#copyOn()) return;
        if (++this.#beginnings > mostBeginnings) throw unsteady(this.#id, this.#machine.name);
        this.#copy.clear();
      } catch (error) {
        signal?.throwIfAborted();
        await pause(this.#backoffAfter(error), signal);
      }
    }
  }

  /** @returns false where the copy has to begin again */
  async #copyOn(): Promise<boolean> {
    const { signal, follow = false } = this.#options;
    const from = await this.#copy.resume();
    const stream = await this.#machine.open(signal);
    const onContact = (): void => {
      if (!this.#hadContact) this.#options.onBegun?.();
      this.#hadContact = true;
      this.#lostAt = undefined;
    };
    const end = await mirrorOver(stream, this.#copy, { id: this.#id, from, follow, signal, onContact });
    if (end.kind === 'differs') return false;
    return end.isOver ? await this.#copy.finish(end.description, end.summary) : true;
  }

  /** How long to wait before the next try. @throws the error where no try would help */
  #backoffAfter(error: unknown): number {
    const { patienceMs = defaultPatienceMs, onLost } = this.#options;
    if (!this.#hadContact || !isMegalithError(error) || !passing.has(error.code)) throw error;
    const now = performance.now();
    if (this.#lostAt === undefined) {
      this.#lostAt = now;
      onLost?.(error);
    }
    const lostMs = now - this.#lostAt;
    if (lostMs >= patienceMs) throw lost(this.#id, this.#machine.name, error);
    return Math.min(longestBackoffMs, Math.max(firstBackoffMs, lostMs)) * (0.5 + Math.random() / 2);
  }
}

/** Throws the signal's own reason, where the timer would throw an AbortError around it. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function lost(id: string, machine: string, cause: Error): MegalithError {
  return new MegalithError('CONTACT_LOST', `contact with ${machine} is lost: ${cause.message}`, {
    hint: `the job goes on there: \`megalith jobs attach ${id}\` when it can be reached again`,
    details: { id, machine },
    cause,
  });
}

function unsteady(id: string, machine: string): MegalithError {
  return new MegalithError('JOURNAL_FAILED', `the journal of job "${id}" on ${machine} can't be copied whole`, {
    hint: 'its disk or its network changes bytes: look at the machine',
    details: { id, machine },
  });
}
