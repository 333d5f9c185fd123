/** A figure of many tasks. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
}

/** What is known of a job's tasks before they run. */
export interface JobProfile {
  /** How long one task computes with the processors that it asks for, milliseconds. */
  readonly taskMs: Spread;
  /**
   * How many times longer than usual the tasks of a run take in the slowest tenth of runs: 1.2 where runs are much alike. Of many tasks the differences
   * within a run even out, and those between runs do not. @defaultValue all of `taskMs`' spread may lie between runs
   */
  readonly slowRun?: number;
  /** Where `taskMs` comes from. */
  readonly source: 'said' | 'history' | 'probe' | 'guess';
  /** What one task needs, bytes: what the caller said, else what the history says with a margin. Undefined where nobody knows. */
  readonly memoryBytes?: number;
  /** Of one task: its item, its share of the job's input files, and its result. @defaultValue 0 */
  readonly bytesIn?: number;
  readonly bytesOut?: number;
}

/** Of a function that was never seen: long enough that starts do not decide, short enough that a day of a large machine does not. */
const guessedTaskMs = 60_000;

export const unknownProfile: JobProfile = {
  taskMs: { p50: guessedTaskMs, p90: guessedTaskMs },
  source: 'guess',
};
