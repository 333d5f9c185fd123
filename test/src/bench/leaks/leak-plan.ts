import { type CloudFault, cloudFaults } from './cloud-faults.js';
import { looksAfterLaunch } from './first-client.js';
import { hostSteps } from './host-steps.js';
import type { KillPoint } from './kill-points.js';

/** One run that is to be done. */
export interface PlannedRun {
  readonly point: KillPoint;
  readonly fault: CloudFault;
  readonly returns: boolean;
  /** On machines that boot and can be logged in to. */
  readonly isReal: boolean;
}

/** How far a client gets, as a run in which nobody is killed counted it. */
interface Depth {
  readonly requests: number;
  /** Which of them asked for the machine first. */
  readonly launch: number;
  /** Changes of records in its home. */
  readonly records: number;
}

/** Of a client that never gets to log in, and of one that goes through. */
export interface Depths {
  readonly silent: Depth;
  /** Undefined where this machine has no hosts to log in to. */
  readonly real: Depth | undefined;
}

const phases = ['lost', 'unanswered', 'answered'] as const;
/** From so many requests before the launch on a fault of the launch can make a difference: what was asked earlier is the same without it. */
const beforeLaunch = 2;
/** Moments that no step marks, milliseconds after the first request. */
const moments = [300, 700, 1100, 1500] as const;

/**
 * Every kill point with every fault: what comes before the first login on machines that let nobody in, the rest on real ones. Each point is followed by
 * another client with every other fault, and by nobody with the rest.
 */
export function leakPlan({ silent, real }: Depths): readonly PlannedRun[] {
  return cloudFaults.flatMap((fault, turn) => {
    const early = fault.only === 'real' ? [] : earlyPoints(fault, silent);
    const late = real === undefined || fault.only === 'silent' ? [] : latePoints(fault, silent, real);
    return [...early.map(point => ({ point, isReal: false })), ...late.map(point => ({ point, isReal: true }))].map(
      ({ point, isReal }, index) => ({ point, fault, isReal, returns: (turn + index) % 2 === 0 }),
    );
  });
}

/** Before the first login. */
function earlyPoints(fault: CloudFault, { launch, records }: Depth): KillPoint[] {
  const first = strikesEarly(fault) ? 1 : launch - beforeLaunch;
  return [...requests(first, launch + looksAfterLaunch, phases), ...recordChanges(1, records)];
}

/** From the first sign of a machine on. */
function latePoints(fault: CloudFault, silent: Depth, real: Depth): KillPoint[] {
  const steps = hostSteps.map(step => ({ at: 'host', step }) as const);
  const times = moments.map(ms => ({ at: 'time', ms }) as const);
  // Nobody gets further than the login where SSH is what fails.
  if (fault.only === 'real') return [...steps.slice(0, 1), ...times];
  const asked = requests(real.launch + 1, real.requests, strikesEarly(fault) ? phases : ['unanswered']);
  return [...steps, ...times, ...asked, ...recordChanges(silent.records + 1, real.records)];
}

/** With no fault, too, everything counts. */
function strikesEarly({ faults = [], name }: CloudFault): boolean {
  return name === 'none' || faults.some(({ action }) => action === '*');
}

function requests(first: number, last: number, each: readonly (typeof phases)[number][]): KillPoint[] {
  return numbers(first, last).flatMap(number => each.map(phase => ({ at: 'request', number, phase }) as const));
}

function recordChanges(first: number, last: number): KillPoint[] {
  return numbers(first, last).map(number => ({ at: 'record', number }) as const);
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
