import { type CloudFault, cloudFaults } from './cloud-faults.js';
import { hostSteps, type KillPoint } from './kill-points.js';

/** One run that is to be done. */
export interface PlannedRun {
  readonly point: KillPoint;
  readonly fault: CloudFault;
  readonly returns: boolean;
  /** On machines that boot and can be logged in to. */
  readonly isReal: boolean;
}

export interface Depth {
  /** Requests of a client that goes through, as a dry run counted them. */
  readonly requests: number;
  /** Changes of records in its home. */
  readonly records: number;
}

const phases = ['lost', 'unanswered', 'answered'] as const;
/** The last requests of a client: its launch and what follows. */
const aroundLaunch = 6;
/** Moments that no step marks, milliseconds after the first request. */
const moments = [300, 700, 1100, 1500] as const;

/**
 * Every kill point with every fault: what comes before the first login on machines that let nobody in, the rest on real ones. Whether a client
 * comes back takes turns.
 */
export function leakPlan(depth: Depth): readonly PlannedRun[] {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const early = (fault: CloudFault): KillPoint[] => [
    ...numbers(depth.requests).flatMap(number =>
      phasesOf(fault, depth.requests - number).map(phase => ({ at: 'request', number, phase }) as const),
    ),
    ...numbers(depth.records).map(number => ({ at: 'record', number }) as const),
  ];
  const late: KillPoint[] = [
    ...hostSteps.map(step => ({ at: 'host', step }) as const),
    ...moments.map(ms => ({ at: 'time', ms }) as const),
  ];
  let turn = 0;
  return cloudFaults.flatMap(fault => {
    const seen = fault.needsHosts === true ? [] : early(fault).map(point => ({ point, isReal: false }));
    return [...seen, ...late.filter(point => canCome(point, fault)).map(point => ({ point, isReal: true }))].map(
      ({ point, isReal }) => ({ point, fault, isReal, returns: ++turn % 2 === 0 }),
    );
  });
}

/** Of what is asked long before a machine is, one way to die is enough where the fault has not struck yet. */
function phasesOf({ faults = [] }: CloudFault, left: number): readonly (typeof phases)[number][] {
  const strikesEarly = faults.some(({ action }) => action === '*');
  return strikesEarly || left < aroundLaunch ? phases : ['unanswered'];
}

/** Nobody gets further than the login where SSH is what fails. */
function canCome(point: KillPoint, { needsHosts }: CloudFault): boolean {
  return needsHosts !== true || point.at !== 'host' || point.step === 'booted';
}
