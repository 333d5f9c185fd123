import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cloudFaults } from '../../bench/leaks/cloud-faults.js';
import { leakPlan, type PlannedRun } from '../../bench/leaks/leak-plan.js';
import { type LeakFigures, leakRun } from '../../bench/leaks/leak-run.js';
import { inWords } from '../../bench/leaks/leak-summary.js';
import { bootFaultsOf, guestMinuteMs } from '../../bench/leaks/run-site.js';
import { fakeCredentials } from '../../bench/leaks/start-client.js';
import {
  bestInstanceHostKind,
  type StartedInstanceHosts,
  startInstanceHosts,
} from '../../ec2/hosts/start-instance-hosts.js';
import { chanceOf, seed } from '../ssh/chance.js';

const isReal = (await bestInstanceHostKind()) === 'namespaces';
const folder = mkdtempSync(join(tmpdir(), 'megalith-leaks-'));
let hosts: StartedInstanceHosts | undefined;
let plan: readonly PlannedRun[];
/** Which request of a client asks for the machine. */
let launch: number;

beforeAll(async () => {
  for (const [name, value] of Object.entries(fakeCredentials)) vi.stubEnv(name, value);
  if (isReal) {
    const plain = { kind: 'namespaces', minuteMs: guestMinuteMs, plan: bootFaultsOf } as const;
    hosts = await startInstanceHosts({ ...plain, sharedFolder: folder });
  }
  const { counted } = await leakRun({ fault: cloudFaults[0]!, returns: false, folder, name: 'dry' });
  plan = leakPlan({ silent: counted, real: isReal ? counted : undefined });
  launch = counted.launch;
});
afterAll(async () => {
  await hosts?.close();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

/** A client that is to get its machine comes to this point, however slow it is: it waits for the answer to a request that it can't do without. */
function isCertain({ point, fault }: PlannedRun): boolean {
  const isOnTheWay = fault.expects === undefined && point.at === 'request' && point.number <= launch + 1;
  return isOnTheWay && point.phase !== 'answered';
}

/** Some of the runs of the bench, all at a time; in the first of them the client is killed for certain. */
async function figuresOf(
  kind: 'silent' | 'real',
  count: number,
  isSuch: (planned: PlannedRun) => boolean,
): Promise<Map<string, LeakFigures>> {
  const left = plan.filter(planned => {
    return planned.isReal === (kind === 'real') && planned.fault.longer === undefined && isSuch(planned);
  });
  const chance = chanceOf(`leaks of ${kind} machines`);
  const oneOf = (some: readonly PlannedRun[]): PlannedRun => {
    const one = some[Math.floor(chance() * some.length)]!;
    left.splice(left.indexOf(one), 1);
    return one;
  };
  const chosen = [oneOf(left.filter(isCertain)), ...Array.from({ length: count - 1 }, () => oneOf(left))];
  const figures = chosen.map(async (planned, index) => {
    const { point, fault, returns } = planned;
    const real = planned.isReal && hosts !== undefined ? { hosts } : {};
    return [
      inWords(planned),
      await leakRun({ point, fault, returns, folder, name: `${kind}-${index}`, ...real }),
    ] as const;
  });
  return new Map(await Promise.all(figures));
}

function expectNothingLost(all: ReadonlyMap<string, LeakFigures>): void {
  for (const [what, figures] of all) {
    expect(figures.remarks, what).toEqual([]);
    expect(figures, what).toMatchObject({ alive: 0, duplicates: 0, healthyKilled: 0, lost: 0, repeated: 0 });
  }
  // The others may be quick, and done before their point.
  const [certain] = all.values();
  expect(certain?.wasKilled).toBe(true);
}

// A sample of `pnpm bench leaks`.
test.concurrent(
  `a client that is killed before it can log in leaves no machine and makes no second one, whatever the cloud does (seed ${seed})`,
  async () => expectNothingLost(await figuresOf('silent', 5, () => true)),
  240_000,
);

test
  .runIf(isReal)
  .concurrent(
    `a client that is killed later is followed by one that gets the result, once (seed ${seed})`,
    async () => expectNothingLost(await figuresOf('real', 3, ({ returns }) => returns)),
    240_000,
  );
