import { formatDuration, parseDuration } from '@megalith/core';

/** What an interruption meets. */
export interface Interrupted {
  readonly job: string | undefined;
  /** The job is under an agent of a machine, and not under this program. */
  readonly isFar: boolean;
  /** A machine is being made for the job. */
  readonly isPlacing: boolean;
  /** How long tasks have to end. @defaultValue 2 s */
  readonly grace: string | undefined;
}

/** Said at the first interruption. */
export function cancellingText({ isFar, isPlacing, grace }: Interrupted): string {
  if (isPlacing) {
    return 'cancelling: the machine that was to be made is ended; once more to leave without waiting for that';
  }
  const graceMs = parseDuration(grace ?? '2s');
  const more = isFar ? 'once more to leave without waiting for that' : 'once more to kill them at once';
  return `cancelling: tasks${isFar ? ' on machines' : ''} have ${formatDuration(graceMs)} to end; ${more}`;
}

/** Said at the second one, which waits for nothing; undefined where nothing is left behind. */
export function leavingText({ job, isFar, isPlacing }: Interrupted): string | undefined {
  if (!isFar || job === undefined) return undefined;
  if (isPlacing) return leftMachineText;
  return `whether job ${job} has ended is not known: see it with "megalith jobs show ${job}"`;
}

/** Whoever does not wait until a machine has ended is told what becomes of it. */
export const leftMachineText =
  'left: a machine may be up that nobody wants ("megalith pool ls"); later commands that look at machines end it, as does "megalith dismantle --watch"; else it ends by itself when its maxLifetime is over';
