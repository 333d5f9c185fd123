import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bestInstanceHostKind, startInstanceHosts } from '../../ec2/hosts/start-instance-hosts.js';
import { machineFacts } from '../machine.js';
import { cloudFaults } from './cloud-faults.js';
import type { KillPoint } from './kill-points.js';
import { leakPlan, type PlannedRun } from './leak-plan.js';
import { bootFaultsOf, guestMinuteMs, type LeakFigures, leakRun } from './leak-run.js';
import { fakeCredentials } from './start-client.js';

/** Runs at a time: most of each is waiting. */
const atOnce = { silent: 6, real: 3 };

interface Done {
  readonly planned: PlannedRun;
  readonly figures: LeakFigures;
}

/**
 * `pnpm bench leaks`: kills a client at every point that can be seen from outside, with every fault of the cloud, and counts what is left. The figures
 * are printed, and kept in `test/bench-results/leaks.json`.
 * @returns whether nothing leaked, nothing was lost and nothing healthy was killed
 */
export async function benchLeaks(): Promise<boolean> {
  Object.assign(process.env, fakeCredentials);
  const folder = mkdtempSync(join(tmpdir(), 'megalith-leaks-'));
  const isReal = (await bestInstanceHostKind()) === 'namespaces';
  if (!isReal) console.error('skipped: kills on machines that can be logged in to: this machine allows no namespaces');
  const hosts = isReal
    ? await startInstanceHosts({
        kind: 'namespaces',
        minuteMs: guestMinuteMs,
        sharedFolder: folder,
        plan: bootFaultsOf,
      })
    : undefined;
  const bad: Done[] = [];
  const done: Done[] = [];
  const began = performance.now();
  try {
    const dry = await leakRun({ fault: cloudFaults[0]!, returns: false, folder, name: 'dry', ...(hosts && { hosts }) });
    const { requests, records } = dry.counted;
    const plan = leakPlan({ requests, records });
    console.error(`a client makes ${requests} requests and ${records} changes of its records: ${plan.length} runs`);
    let number = 0;
    const work = async (runs: Iterator<PlannedRun>): Promise<void> => {
      for (let next = runs.next(); next.done !== true; next = runs.next()) {
        const planned = next.value;
        const name = `run-${++number}`;
        const { point, fault, returns } = planned;
        const figures = await leakRun({
          point,
          fault,
          returns,
          folder,
          name,
          ...(planned.isReal && hosts !== undefined ? { hosts } : {}),
        }).catch(failed);
        done.push({ planned, figures });
        if (figures.remarks.length > 0) bad.push({ planned, figures });
        for (const remark of figures.remarks) console.error(`${inWords(planned)}: ${remark}`);
        if (done.length % 50 === 0) console.error(`${done.length} of ${plan.length}: ${countsInWords(summed(done))}`);
      }
    };
    const lanes = (isOfReal: boolean): Promise<void>[] => {
      const runs = plan.filter(planned => planned.isReal === isOfReal && (!isOfReal || hosts !== undefined)).values();
      return Array.from({ length: isOfReal ? atOnce.real : atOnce.silent }, () => work(runs));
    };
    await Promise.all([...lanes(false), ...lanes(true)]);
  } finally {
    await hosts?.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = summed(done);
  console.log(JSON.stringify(figures, undefined, 2));
  const file = fileURLToPath(new URL('../../../bench-results/leaks.json', import.meta.url));
  mkdirSync(join(file, '..'), { recursive: true });
  const kept = {
    bench: 'leaks',
    date: new Date().toISOString().slice(0, 10),
    machine: machineFacts(),
    seconds: Math.round((performance.now() - began) / 1000),
    ...figures,
    remarks: bad.map(({ planned, figures: { remarks } }) => ({ run: inWords(planned), remarks })),
  };
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  console.error(`kept in ${file}`);
  const { machinesAlive, healthyKilled, jobsLost, duplicateMachines } = figures;
  return machinesAlive + healthyKilled + jobsLost + duplicateMachines === 0;
}

/** A run that could not be counted counts as a loss. */
function failed(error: unknown): LeakFigures {
  const nothing = { machines: 0, alive: 0, duplicates: 0, healthyKilled: 0, repeated: 0, endedBy: [] };
  const counted = { requests: 0, launch: 0, records: 0, struck: false };
  return { counted, wasKilled: false, ...nothing, lost: 1, remarks: [`the run failed: ${String(error)}`] };
}

function summed(done: readonly Done[]) {
  const sum = (of: (figures: LeakFigures) => number): number =>
    done.reduce((total, { figures }) => total + of(figures), 0);
  const endings: Record<string, number> = {};
  for (const by of done.flatMap(({ figures }) => figures.endedBy)) endings[by] = (endings[by] ?? 0) + 1;
  return {
    runs: done.length,
    killed: done.filter(({ figures }) => figures.wasKilled).length,
    onRealMachines: done.filter(({ planned }) => planned.isReal).length,
    followedByAClient: done.filter(({ planned }) => planned.returns).length,
    machinesMade: sum(({ machines }) => machines),
    machinesAlive: sum(({ alive }) => alive),
    healthyKilled: sum(figures => figures.healthyKilled),
    jobsLost: sum(({ lost }) => lost),
    jobsRepeated: sum(({ repeated }) => repeated),
    duplicateMachines: sum(({ duplicates }) => duplicates),
    runsByFault: Object.fromEntries(
      cloudFaults.map(({ name }) => [name, done.filter(({ planned }) => planned.fault.name === name).length]),
    ),
    runsByKind: Object.fromEntries(
      (['request', 'record', 'host', 'time'] as const).map(at => [
        at,
        done.filter(({ planned }) => planned.point.at === at).length,
      ]),
    ),
    machinesEndedBy: endings,
  };
}

function countsInWords(figures: ReturnType<typeof summed>): string {
  const { machinesMade, machinesAlive, healthyKilled, jobsLost, jobsRepeated, duplicateMachines } = figures;
  return (
    `${machinesMade} machines made, ${machinesAlive} alive, ${healthyKilled} healthy ones killed, ${jobsLost} jobs lost, ` +
    `${jobsRepeated} repeated, ${duplicateMachines} duplicates`
  );
}

function inWords({ point, fault, returns }: PlannedRun): string {
  return `${pointInWords(point)}, ${fault.name}, ${returns ? 'followed by a client' : 'nobody comes'}`;
}

function pointInWords(point: KillPoint): string {
  if (point.at === 'request') return `request ${point.number} ${point.phase}`;
  if (point.at === 'record') return `record ${point.number}`;
  return point.at === 'host' ? `once ${point.step}` : `${point.ms} ms after the first request`;
}
