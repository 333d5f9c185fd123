import { cloudFaults } from './cloud-faults.js';
import type { KillPoint } from './kill-points.js';
import type { PlannedRun } from './leak-plan.js';
import type { LeakFigures } from './leak-run.js';

export interface DoneRun {
  readonly planned: PlannedRun;
  readonly figures: LeakFigures;
}

export type LeakSummary = ReturnType<typeof summed>;

/** The figures of all runs together. */
export function summed(done: readonly DoneRun[]) {
  const sum = (of: (figures: LeakFigures) => number): number =>
    done.reduce((total, { figures }) => total + of(figures), 0);
  const count = (is: (one: DoneRun) => boolean): number => done.filter(is).length;
  const endings: Record<string, number> = {};
  for (const by of done.flatMap(({ figures }) => figures.endedBy).sort()) endings[by] = (endings[by] ?? 0) + 1;
  return {
    runs: done.length,
    clientsKilled: count(({ figures }) => figures.wasKilled),
    onRealMachines: count(({ planned }) => planned.isReal),
    followedByAClient: count(({ planned }) => planned.returns),
    machinesMade: sum(({ machines }) => machines),
    machinesAlive: sum(({ alive }) => alive),
    healthyKilled: sum(({ healthyKilled }) => healthyKilled),
    jobsLost: sum(({ lost }) => lost),
    jobsRepeated: sum(({ repeated }) => repeated),
    duplicateMachines: sum(({ duplicates }) => duplicates),
    machinesEndedBy: endings,
    runsByFault: Object.fromEntries(
      cloudFaults.map(({ name }) => [name, count(({ planned }) => planned.fault.name === name)]),
    ),
    runsByPoint: Object.fromEntries(
      (['request', 'record', 'host', 'time'] as const).map(at => [at, count(({ planned }) => planned.point.at === at)]),
    ),
  };
}

/** Whether all is as it should be: a figure that is not 0, or a remark, says what is not. */
export function isClean(done: readonly DoneRun[]): boolean {
  const { machinesAlive, healthyKilled, jobsLost, jobsRepeated, duplicateMachines } = summed(done);
  const wrong = machinesAlive + healthyKilled + jobsLost + jobsRepeated + duplicateMachines;
  return wrong === 0 && done.every(({ figures }) => figures.remarks.length === 0);
}

export function countsInWords(figures: LeakSummary): string {
  const { machinesMade, machinesAlive, healthyKilled, jobsLost, jobsRepeated, duplicateMachines } = figures;
  return (
    `${machinesMade} machines made, ${machinesAlive} alive, ${healthyKilled} healthy ones killed, ${jobsLost} jobs lost, ` +
    `${jobsRepeated} repeated, ${duplicateMachines} duplicates`
  );
}

/** `request 12 unanswered, tags lost, followed by a client` */
export function inWords({ point, fault, returns, isReal }: PlannedRun): string {
  const where = isReal ? 'on a real machine' : 'on a silent one';
  return `${pointInWords(point)}, ${fault.name}, ${where}, ${returns ? 'followed by a client' : 'nobody comes'}`;
}

function pointInWords(point: KillPoint): string {
  if (point.at === 'request') return `request ${point.number} ${point.phase}`;
  if (point.at === 'record') return `record ${point.number}`;
  return point.at === 'host' ? `once ${point.step}` : `${point.ms} ms after the first request`;
}
