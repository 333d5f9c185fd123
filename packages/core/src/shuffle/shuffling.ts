import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMegalithError, MegalithError, usableCpus } from '@megalith/agent';
import { Channel } from '../executor/channel.js';
import type { Prepared } from '../executor/conductor.js';
import type { JobView } from '../executor/job-view.js';
import type { Launch } from '../executor/launch.js';
import type { FunctionOptions } from '../executor/types.js';
import { labelSymbol } from '../labels/labelled.js';
import type { RunReport } from './map-to-runs.js';
import { ScratchFolder } from './scratch-folder.js';
import { manifestName, type ShuffleSpec } from './shuffle-task.js';
import { checkPartitions, memoryOf, type ShuffleOptions } from './sort-options.js';

/** What a shuffle needs of its executor. */
export interface ShuffleDesk {
  /** Launches one job. */
  readonly start: <T>(what: Launch) => JobView<T>;
  /** Megalith's. */
  readonly home: string;
  /** Those that have something on disk. */
  readonly open: Set<{ close(): Promise<void> }>;
}

/** A shuffle as its two jobs and what is between them. */
export interface ShufflePlan<M extends RunReport> {
  readonly name: string;
  readonly items: unknown;
  readonly options: ShuffleOptions;
  /** Ships the tasks of the first half. */
  readonly first: (spec: ShuffleSpec, options: FunctionOptions) => Promise<Prepared>;
  readonly second: (spec: ShuffleSpec, options: FunctionOptions) => Promise<Prepared>;
  /** The items of the second half, once the first is done. @param parts as many as asked for, or as there are processors for */
  readonly parts: (reports: readonly M[], parts: number) => readonly unknown[];
}

/** What is left for the user's own code. */
const engineShare = { sort: 0.85, group: 0.5 } as const;
/** Why both halves run on one machine. */
const sharedFolder = 'its tasks share a folder of this machine';
/** A smaller part would cost more than it is worth. */
const leastPartBytes = 2 ** 20;
/** A larger part would be long to do again. */
const mostPartBytes = 4 * 2 ** 30;

/** A shuffle, seen from what makes results of it. */
export type Shuffle<M extends RunReport, R> = Pick<
  Shuffling<M, R>,
  'job' | 'reduceJob' | 'folder' | 'run' | 'cancel' | 'end' | 'close'
>;

/** The two jobs of a shuffle: the second one's tasks come when the first has made all runs. Both run on this machine. */
export class Shuffling<M extends RunReport, R> {
  readonly job: JobView<M>;
  readonly reduceJob: JobView<R>;
  readonly #parts = new Channel<unknown>();
  readonly #plan: ShufflePlan<M>;
  readonly #folder: ScratchFolder;
  readonly #open: ShuffleDesk['open'];

  constructor(plan: ShufflePlan<M>, kind: keyof typeof engineShare, desk: ShuffleDesk) {
    const { partitions, scratch, ...rest } = plan.options;
    const memory = memoryOf(plan.options);
    checkPartitions(partitions);
    const memoryBytes = Math.floor(memory * engineShare[kind]);
    const options: FunctionOptions = { onFailure: 'stop', ...rest, memory, detached: false };
    this.#plan = plan;
    this.#open = desk.open;
    this.#folder = new ScratchFolder(scratch ?? join(desk.home, 'shuffle'));
    const spec: ShuffleSpec = { exchange: { type: 'folder', folder: this.#folder.path }, memoryBytes };
    // Together, so that nothing runs if either half could not.
    let works: Promise<[Prepared, Prepared]> | undefined;
    const prepare = (): Promise<[Prepared, Prepared]> => {
      works ??= Promise.all([plan.first(spec, options), plan.second(spec, options)]);
      return works;
    };
    this.job = desk.start<M>({
      name: options.name ?? plan.name,
      items: plan.items,
      options,
      prepare: async () => (await prepare())[0],
      onlyHere: sharedFolder,
    });
    const { job } = this;
    this.reduceJob = desk.start<R>({
      name: `${job.name}:reduce`,
      items: this.#parts,
      options,
      prepare: async () => (await prepare())[1],
      inherited: async () => [await job[labelSymbol]],
      onlyHere: sharedFolder,
    });
    // They are parts of the shuffle, which is what one asks for results.
    job.collect();
    this.reduceJob.collect();
    this.#open.add(this);
  }

  /** The folder of the runs. */
  get folder(): string {
    return this.#folder.path;
  }

  /**
   * Does both halves.
   * @param between called with what the first half told, before the second one begins
   * @throws MegalithError the first failure of either half; DISK_FULL as such
   */
  async run(
    between: (reports: readonly M[]) => void,
  ): Promise<{ readonly reports: readonly M[]; readonly results: readonly R[] }> {
    try {
      const reports = await this.#firstHalf();
      between(reports);
      writeFileSync(join(this.folder, manifestName), JSON.stringify(reports.flatMap(({ names }) => names)));
      for (const part of this.#plan.parts(reports, this.#partCount(reports))) this.#parts.push(part);
      this.#parts.close();
      return { reports, results: await this.reduceJob };
    } catch (error) {
      this.cancel('the other half failed');
      throw plainly(error);
    }
  }

  cancel(reason: string): void {
    this.#parts.close();
    this.job.cancel(reason);
    this.reduceJob.cancel(reason);
  }

  /** Removes what is between the halves, once nothing uses it any more. */
  async end(): Promise<void> {
    await Promise.allSettled([this.job.ended(), this.reduceJob.ended()]);
    await this.#folder.remove();
    this.#open.delete(this);
  }

  async close(): Promise<void> {
    this.cancel('its executor was closed');
    await this.end();
  }

  /** That the second half cannot run is known while the first one runs. */
  #firstHalf(): Promise<readonly M[]> {
    const { ledger } = this.reduceJob;
    return new Promise<readonly M[]>((resolve, reject) => {
      const stopWatching = ledger.subscribe(() => {
        if (ledger.jobError === undefined) return;
        stopWatching();
        reject(ledger.jobError);
      });
      void this.job.then(resolve, reject).finally(stopWatching);
    });
  }

  #partCount(reports: readonly M[]): number {
    const { partitions } = this.#plan.options;
    if (partitions !== undefined) return partitions;
    const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
    const slots = this.job.plan?.chosen?.slots ?? usableCpus();
    return Math.max(1, Math.min(Math.max(slots, Math.ceil(bytes / mostPartBytes)), Math.ceil(bytes / leastPartBytes)));
  }
}

/** A full disk is not the fault of the task that met it. What a task threw comes as an Error with its properties, of no class of ours. */
function plainly(error: unknown): unknown {
  const cause = isMegalithError(error) && error.code === 'THREW' ? error.cause : undefined;
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'DISK_FULL')) return error;
  const hint = 'hint' in cause ? { hint: String(cause.hint) } : {};
  return new MegalithError('DISK_FULL', cause.message, { ...hint, cause: error });
}
