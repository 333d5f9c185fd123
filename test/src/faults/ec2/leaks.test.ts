import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cloudFaults } from '../../bench/leaks/cloud-faults.js';
import { hostSteps } from '../../bench/leaks/host-steps.js';
import type { KillPoint } from '../../bench/leaks/kill-points.js';
import { type LeakFigures, type LeakRun, leakRun } from '../../bench/leaks/leak-run.js';
import { bootFaultsOf, guestMinuteMs } from '../../bench/leaks/run-site.js';
import { fakeCredentials } from '../../bench/leaks/start-client.js';
import { scratchFolder } from '../../conformance/scratch.js';
import { bestInstanceHostKind, startInstanceHosts } from '../../ec2/hosts/start-instance-hosts.js';

const isReal = (await bestInstanceHostKind()) === 'namespaces';

beforeAll(() => {
  for (const [name, value] of Object.entries(fakeCredentials)) vi.stubEnv(name, value);
});
afterAll(() => vi.unstubAllEnvs());

type Planned = Pick<LeakRun, 'point' | 'fault' | 'returns'>;

/** All of them, a few at a time. */
async function figuresOf(runs: readonly LeakRun[], atOnce: number): Promise<Map<string, LeakFigures>> {
  const figures = new Map<string, LeakFigures>();
  const left = runs.values();
  const work = async (): Promise<void> => {
    for (const run of left) figures.set(`${JSON.stringify(run.point)}, ${run.fault.name}`, await leakRun(run));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return figures;
}

function expectNothingLost(all: ReadonlyMap<string, LeakFigures>): void {
  for (const [what, figures] of all) {
    expect(figures, what).toMatchObject({ wasKilled: true, alive: 0, duplicates: 0, healthyKilled: 0, lost: 0 });
    expect(figures.remarks, what).toEqual([]);
  }
}

function named(planned: readonly Planned[], folder: string, hosts?: LeakRun['hosts']): LeakRun[] {
  return planned.map((run, index) => ({ ...run, folder, name: `run-${index}`, ...(hosts && { hosts }) }));
}

test('a client that is killed around its launch leaves no machine and makes no second one, whatever the cloud does', async () => {
  const dry = await leakRun({ fault: cloudFaults[0]!, returns: false, folder: scratchFolder(), name: 'dry' });
  // It never logs in: after its launch it only looks whether the machine runs.
  const { launch } = dry.counted;
  expect(launch).toBeGreaterThan(10);
  const phases = ['lost', 'unanswered', 'answered'] as const;
  const around: KillPoint[] = [
    ...phases.map(phase => ({ at: 'request', number: launch, phase }) as const),
    { at: 'request', number: launch - 1, phase: 'answered' },
    { at: 'request', number: launch + 1, phase: 'unanswered' },
    ...[1, 2, 3, 4].map(number => ({ at: 'record', number }) as const),
  ];
  const usual = around.map((point, index) => ({ point, fault: cloudFaults[0]!, returns: index % 2 === 0 }));
  const faults = cloudFaults.filter(({ name, needsHosts }) => name !== 'none' && name !== 'tags lost' && !needsHosts);
  const unusual = faults.map((fault, index) => {
    return { point: { at: 'request', number: launch, phase: 'answered' } as const, fault, returns: index % 2 === 0 };
  });
  expectNothingLost(await figuresOf(named([...usual, ...unusual], scratchFolder()), 8));
}, 120_000);

test.runIf(isReal)(
  'a client that is killed while its machine boots, bootstraps, works or is released is followed by one that gets the result, once',
  async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, 'shared'));
    await using hosts = await startInstanceHosts({
      kind: 'namespaces',
      minuteMs: guestMinuteMs,
      sharedFolder: folder,
      plan: bootFaultsOf,
    });
    const planned = hostSteps.map(step => ({
      point: { at: 'host', step } as const,
      fault: cloudFaults[0]!,
      returns: true,
    }));
    const all = await figuresOf(named(planned, folder, hosts), 5);
    expectNothingLost(all);
    for (const [what, { repeated }] of all) expect(repeated, what).toBe(0);
  },
  120_000,
);
