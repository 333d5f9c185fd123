import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bestInstanceHostKind,
  type StartedInstanceHosts,
  startInstanceHosts,
} from '../../ec2/hosts/start-instance-hosts.js';
import { machineFacts } from '../machine.js';
import { cloudFaults } from './cloud-faults.js';
import { type Depths, leakPlan, type PlannedRun } from './leak-plan.js';
import { type LeakFigures, leakRun } from './leak-run.js';
import { countsInWords, type DoneRun, inWords, isClean, summed } from './leak-summary.js';
import { bootFaultsOf, guestMinuteMs } from './run-site.js';
import { fakeCredentials } from './start-client.js';

/** Runs at a time: most of each is waiting. */
const atOnce = { silent: 7, real: 6 };
const sayEvery = 50;
/** The issue asks for so many clients that were killed. */
const fewestKilled = 500;

/** What the runs of one bench share. */
interface Surroundings {
  readonly folder: string;
  /** Undefined where this machine has none that can be logged in to. */
  readonly hosts: StartedInstanceHosts | undefined;
}

/**
 * `pnpm bench leaks`: kills a client at every point that can be seen from outside, with every fault of the cloud, and counts what is left. The figures
 * are printed, and kept in `test/bench-results/leaks.json`.
 * @returns whether enough were killed, nothing leaked, nothing was lost and nothing healthy was killed
 */
export async function benchLeaks(): Promise<boolean> {
  Object.assign(process.env, fakeCredentials);
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'megalith-leaks-'));
  const hosts = await startHosts(folder);
  const done: DoneRun[] = [];
  try {
    const depths = await measure({ folder, hosts });
    const plan = leakPlan(depths);
    const { silent, real = silent } = depths;
    console.error(`${real.requests} requests, ${real.records} changes of records, ${plan.length} runs`);
    await runAll(plan, { folder, hosts }, done);
  } finally {
    await hosts?.close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.error(`kept in ${keep(done, Math.round((performance.now() - began) / 1000))}`);
  const { clientsKilled } = summed(done);
  if (hosts !== undefined && clientsKilled < fewestKilled) console.error(`only ${clientsKilled} clients were killed`);
  return isClean(done) && (hosts === undefined || clientsKilled >= fewestKilled);
}

async function startHosts(sharedFolder: string): Promise<StartedInstanceHosts | undefined> {
  if ((await bestInstanceHostKind()) === 'namespaces') {
    return await startInstanceHosts({
      kind: 'namespaces',
      minuteMs: guestMinuteMs,
      sharedFolder,
      plan: bootFaultsOf,
    });
  }
  console.error('skipped: kills on machines that can be logged in to: this machine allows no namespaces');
  return undefined;
}

/** What a client does when nobody kills it. */
async function measure({ folder, hosts }: Surroundings): Promise<Depths> {
  const usual = { fault: cloudFaults[0]!, returns: false, folder };
  const silent = await leakRun({ ...usual, name: 'dry-silent' });
  const real = hosts && (await leakRun({ ...usual, name: 'dry-real', hosts }));
  for (const remark of [...silent.remarks, ...(real?.remarks ?? [])]) console.error(`nobody is killed: ${remark}`);
  return { silent: silent.counted, real: real?.counted };
}

/** Several at a time, silent and real machines side by side. */
async function runAll(plan: readonly PlannedRun[], surroundings: Surroundings, done: DoneRun[]): Promise<void> {
  const work = async (runs: Iterable<readonly [number, PlannedRun]>): Promise<void> => {
    for (const [number, planned] of runs) {
      const figures = await oneRun(planned, number, surroundings);
      done.push({ planned, figures });
      for (const remark of figures.remarks) console.error(`${inWords(planned)}: ${remark}`);
      if (done.length % sayEvery === 0)
        console.error(`${done.length} of ${plan.length}: ${countsInWords(summed(done))}`);
    }
  };
  const numbered = plan.map((planned, number) => [number, planned] as const);
  const lanes = (isReal: boolean, count: number): Promise<void>[] => {
    const runs = numbered.filter(([, planned]) => planned.isReal === isReal).values();
    return Array.from({ length: count }, () => work(runs));
  };
  await Promise.all([...lanes(false, atOnce.silent), ...lanes(true, atOnce.real)]);
}

async function oneRun(planned: PlannedRun, number: number, { folder, hosts }: Surroundings): Promise<LeakFigures> {
  const { point, fault, returns, isReal } = planned;
  try {
    const real = isReal && hosts !== undefined ? { hosts } : {};
    return await leakRun({ point, fault, returns, folder, name: `run-${number}`, ...real });
  } catch (error) {
    return uncounted(error);
  }
}

/** A run that could not be counted counts as a loss. */
function uncounted(error: unknown): LeakFigures {
  const nothing = { machines: 0, alive: 0, duplicates: 0, healthyKilled: 0, repeated: 0, endedBy: [] };
  const counted = { requests: 0, launch: 0, records: 0, struck: false };
  return { counted, wasKilled: false, ...nothing, lost: 1, remarks: [`the run failed: ${String(error)}`] };
}

/** Prints the figures, and writes them down with the machine and the day. @returns the file's path */
function keep(done: readonly DoneRun[], seconds: number): string {
  const figures = summed(done);
  console.log(JSON.stringify(figures, undefined, 2));
  const file = fileURLToPath(new URL('../../../bench-results/leaks.json', import.meta.url));
  mkdirSync(join(file, '..'), { recursive: true });
  const remarks = done
    .filter(one => one.figures.remarks.length > 0)
    .map(one => ({ run: inWords(one.planned), remarks: one.figures.remarks }));
  const date = new Date().toISOString().slice(0, 10);
  const kept = { bench: 'leaks', date, machine: machineFacts(), seconds, ...figures, remarks };
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  return file;
}
