import type { SimulatedInstance } from '../../ec2/ec2-simulator.js';
import type { FirstEnd } from './first-client.js';
import type { LeakFigures, LeakRun } from './leak-run.js';
import type { NextEnd } from './next-client.js';
import type { RunSite } from './run-site.js';
import { runsIn } from './tally.js';

/** Counts what a run has left behind. */
export function figuresOf(site: RunSite, first: FirstEnd, next: NextEnd | undefined): LeakFigures {
  const { ec2, watch, task, run } = site;
  const machines = ec2.instances();
  const alive = machines.filter(({ state }) => state !== 'terminated');
  const duplicates = Math.max(0, watch.mostAtOnce - 1);
  const { began } = runsIn(task.tally);
  const repeated = Math.max(0, began - runsExcused(site, first));
  const lost = losses(site, first, next);
  const remarks = [
    ...lost,
    ...alive.map(({ id, state }) => `${id} is ${state}`),
    ...[...watch.healthyKilled].map(id => `${id} was ended though it was leased`),
    ...(duplicates > 0 ? [`${watch.mostAtOnce} machines were alive at a time`] : []),
    ...(repeated > 0 ? [`the job ran ${began} times`] : []),
  ];
  return {
    counted: first.counted,
    wasKilled: run.point !== undefined && first.counted.struck,
    machines: machines.length,
    alive: alive.length,
    duplicates,
    healthyKilled: watch.healthyKilled.size,
    lost: lost.length > 0 ? 1 : 0,
    repeated,
    endedBy: machines.flatMap(machine => watch.endOf(machine) ?? []),
    remarks: remarks.length === 0 ? [] : [...remarks, `seen: ${historyOf(site, first, next)}`],
  };
}

/** A machine that is taken back takes its run with it; and who has had the result may ask for another. */
function runsExcused({ run }: RunSite, { said }: FirstEnd): number {
  return 1 + (run.fault.later === undefined ? 0 : 1) + (said.includes('done') ? 1 : 0);
}

function losses(site: RunSite, first: FirstEnd, next: NextEnd | undefined): string[] {
  const { run, ec2, task } = site;
  const { began, ended } = runsIn(task.tally);
  const lost: string[] = [];
  const isReal = run.hosts !== undefined && run.fault.expects !== 'none';
  if (isReal && !first.counted.struck) lost.push(...unlikely(site, 'the client', first.said));
  if (next !== undefined && 'failed' in next && !isExpected(run, next.code)) {
    lost.push(`the next client failed: ${next.failed}`);
  }
  if (next !== undefined && 'given' in next && ec2.instance(next.given) === undefined) {
    lost.push(`the next client was given ${next.given}`);
  }
  if (next !== undefined && 'said' in next) lost.push(...unlikely(site, 'the next client', next.said));
  // What runs while nobody is there runs to its end, but where its machine is taken back.
  if (next === undefined && run.fault.later === undefined && began > ended) lost.push('the job was cut off');
  return lost;
}

/** A client that had a result had it from a run that came to its end. */
function unlikely({ run, task }: RunSite, who: string, said: string): string[] {
  const isAsWanted =
    run.fault.expects === undefined
      ? /^done 0$/m.test(said) && runsIn(task.tally).ended > 0
      : isExpected(run, /^failed (\w+) /.exec(said)?.[1]);
  return isAsWanted ? [] : [`${who} said: ${said}`];
}

function isExpected({ fault: { expects } }: LeakRun, code: string | undefined): boolean {
  return code !== undefined && expects !== undefined && expects !== 'none' && expects.includes(code);
}

function historyOf({ ec2, watch, task }: RunSite, first: FirstEnd, next: NextEnd | undefined): string {
  const told = (machine: SimulatedInstance): string =>
    `${machine.id} ${machine.market} ended by ${watch.endOf(machine) ?? 'nobody'} (${machine.stateReason ?? ''})`;
  const { began, ended } = runsIn(task.tally);
  const machines = ec2.instances().map(told).join(', ');
  return `${machines}; first: "${first.said}"; next: ${JSON.stringify(next)}; ${began} begun, ${ended} ended`;
}
