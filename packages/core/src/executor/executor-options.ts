import type { PriceBook } from '../placement/prices-file.js';
import type { AnyFunction } from '../ship/shipped-function.js';
import type { BackendWish } from './backend-choice.js';
import type { JobEvent, JobOptions, Size } from './types.js';

export interface ExecutorOptions {
  /** Where jobs may run: `auto` (any place that is configured), a backend's name, several in the order of preference, or a backend, which stays its owner's to close. @defaultValue 'auto' */
  readonly backend?: BackendWish;
  /** Tasks at once. @defaultValue one a processor */
  readonly slots?: number;
  /** Memory for all tasks together. @defaultValue what the machine can spare */
  readonly memory?: Size;
  /** Where journals are kept. @defaultValue $MEGALITH_HOME, or ~/.megalith */
  readonly home?: string;
  /** For the backend `standalone`: only machines with these names; `local` is this machine. @defaultValue all that are configured */
  readonly hosts?: readonly string[];
  /** Prices to plan with. @defaultValue those of the config, else those that are compiled in */
  readonly prices?: PriceBook;
  /** Plans as of this time, epoch milliseconds: spot prices and history that are newer are not used. Nothing is run as of another time. @defaultValue now */
  readonly at?: number;
  /** Sees every event of every job, in order. Must not throw. */
  readonly onEvent?: (event: JobEvent) => void;
  /** Options of all jobs, unless a call says otherwise; `env` and `tags` are joined. */
  readonly defaults?: JobOptions;
}

export interface PlanOptions extends JobOptions {
  /** How many tasks. @defaultValue unknown */
  readonly tasks?: number;
  /** What would run: then what earlier runs of it have shown is known, too. @defaultValue something that was never seen */
  readonly work?: AnyFunction | readonly string[] | string;
}
