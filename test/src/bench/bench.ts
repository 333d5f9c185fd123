/** What a case measures with; less is better in each. */
type Unit = 'ms' | 'MiB';

/** One side of a case. Each call is one run in processes of its own, which are gone when it settles. */
type Measure = () => Promise<number>;

/** Two ways to do one thing, measured side by side. */
export interface BenchCase {
  /** Unique in its bench; may hold `/`, so that a group can be asked for. */
  readonly name: string;
  readonly unit: Unit;
  readonly ours: Measure;
  readonly peer: Measure;
  readonly peerName: string;
  /** Runs of each side; the median counts. Odd. */
  readonly runs: number;
  /** Why the peer cannot be measured here (`GNU parallel is not installed`), or undefined. */
  readonly missing?: () => string | undefined;
}

export interface Bench {
  readonly name: string;
  readonly cases: readonly BenchCase[];
  /** Ends what its cases share. */
  readonly end?: () => Promise<void>;
}

/** A finished case. `ratio` is `ours / peer`, for every unit: below 1, ours takes less. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: Unit;
  readonly ratio: number;
}
