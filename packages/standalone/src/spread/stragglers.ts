/** A task that is out, as far as it matters for starting it once more elsewhere. */
export interface OutTask {
  /** How long it has been running; undefined where it has not begun, as far as is known. */
  readonly runningMs: number | undefined;
  /** How long its machine has given no sign of life; undefined where that is not known. */
  readonly unheardMs: number | undefined;
}

export interface StragglerFacts {
  /** Whether slow tasks may run twice at all. */
  readonly duplicates: boolean;
  /** Nine of ten tasks took no longer, milliseconds; undefined while too few have ended. */
  readonly p90Ms: number | undefined;
  readonly silentMs: number;
}

/** A task is slow when it takes this many times what nine of ten took, and no less than so long. */
const slowFactor = 3;
const slowAtLeastMs = 2_000;

/** Why a task should be started once more elsewhere, while its first run goes on. */
export function whyAgain(task: OutTask, facts: StragglerFacts): 'silent' | 'slow' | undefined {
  if (isSilent(task.unheardMs, facts.silentMs)) return 'silent';
  if (!facts.duplicates || task.runningMs === undefined || facts.p90Ms === undefined) return undefined;
  return task.runningMs > Math.max(slowFactor * facts.p90Ms, slowAtLeastMs) ? 'slow' : undefined;
}

export function isSilent(unheardMs: number | undefined, silentMs: number): boolean {
  return unheardMs !== undefined && unheardMs > silentMs;
}

/** How many slow tasks may run twice at a time: a tenth of all tasks so far, and at least one. */
export function mostDuplicates(given: number): number {
  return Math.max(1, Math.floor(given / 10));
}
