import { formatDuration, parseDuration } from '@megalith/core';
import type { Whereabouts } from './job-place.js';

/** What an interruption meets. */
export interface Interrupted {
  readonly job: string | undefined;
  readonly place: Whereabouts;
  /** A machine is being made for the job. */
  readonly isPlacing: boolean;
  /** How long tasks have to end. @defaultValue 2 s */
  readonly grace: string | undefined;
}

/** Said at the first interruption. */
export function cancellingText({ place, isPlacing, grace }: Interrupted): string {
  if (isPlacing) {
    return 'cancelling: the machine that was to be made is ended; once more to leave without waiting for that';
  }
  if (place === 'functions') {
    return 'cancelling: nothing more is called, and calls that run end by themselves; once more to leave at once';
  }
  const isHere = place === 'here';
  const more = isHere ? 'once more to kill them at once' : 'once more to leave without waiting for that';
  return `cancelling: tasks${isHere ? '' : ' on machines'} have ${formatDuration(parseDuration(grace ?? '2s'))} to end; ${more}`;
}

/** Said at the second one, which waits for nothing; undefined where nothing is left behind. */
export function leavingText({ job, place, isPlacing }: Interrupted): string | undefined {
  if (place === 'here' || job === undefined) return undefined;
  if (isPlacing) return leftMachineText;
  if (place === 'functions') return 'left: calls that run are paid for until they end by themselves';
  return `whether job ${job} has ended is not known: see it with "megalith jobs show ${job}"`;
}

/** Whoever does not wait until a machine has ended is told what becomes of it. */
export const leftMachineText =
  'left: a machine may be up that nobody wants ("megalith pool ls"); later commands that look at machines end it, as does "megalith dismantle --watch"; else it ends by itself when its maxLifetime is over';
