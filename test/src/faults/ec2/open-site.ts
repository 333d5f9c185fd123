import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { configuredPool, type Ec2Pool, registerStandalone, type SweepReport, sweepPool } from '@megalith/standalone';
import { onTestFinished, type TestContext, vi } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import type { Ec2Options, Ec2Simulator, SimulatedInstance } from '../../ec2/ec2-simulator.js';
import {
  type InstanceHostsOptions,
  type StartedInstanceHosts,
  startInstanceHosts,
} from '../../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../../ec2/start-ec2.js';
import type { TestHost } from '../../hosts/test-host.js';

registerStandalone();
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

type Section = Readonly<Record<string, unknown>>;

interface SiteOptions extends Omit<InstanceHostsOptions, 'node'> {
  readonly section?: Section;
  readonly ec2?: Omit<Ec2Options, 'hosts'>;
  /** Of executors. @defaultValue 2 */
  readonly slots?: number | undefined;
}

/** An EC2 with real hosts, and a client's home whose config has nothing but it. All ends with the test. */
export interface Site {
  readonly ec2: Ec2Simulator;
  readonly hosts: StartedInstanceHosts;
  readonly home: string;
  /** A folder of this computer that machines have too. */
  readonly shared: string;
  /** Writes the config anew. */
  configure(section: Section, home?: string): void;
  /** Another client's home. */
  newHome(section?: Section): string;
  executor(home?: string): FunctionExecutor;
  /** Has a machine made, as a client does that dies right then: no agent comes. Gives its id. */
  launch(): Promise<string>;
  /** A look at all machines, by a dismantler that waits `sweepDelayMs` between two of its signals. */
  sweep(home?: string): Promise<SweepReport>;
  alive(): readonly SimulatedInstance[];
  machine(id: string): TestHost;
  /** How often a call of that name was made. */
  calls(action: string): number;
}

/** Between the first sight of two signals and the kill, in tests, milliseconds. */
export const sweepDelayMs = 300;
const rules = { delayMs: sweepDelayMs, bootGraceMs: 100 };

/** @param test whose end is the end of all of it; for tests that run at once, each one's own context */
export async function openSite(
  siteOptions: SiteOptions = {},
  test: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): Promise<Site> {
  const { section = {}, ec2: options = {}, slots, ...hostOptions } = { slots: 2, ...siteOptions };
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTESTSONLY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'no-secret');
  const root = mkdtempSync(join(tmpdir(), 'megalith-test-'));
  test.onTestFinished(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
  const shared = hostOptions.sharedFolder ?? join(root, 'shared');
  mkdirSync(shared, { recursive: true });
  const hosts = await startInstanceHosts({ ...hostOptions, sharedFolder: shared });
  const ec2 = await startEc2({ ...options, hosts });
  test.onTestFinished(() => ec2.close());
  const plain = { region: ec2.region, endpoint: ec2.endpoint, admit: '127.0.0.1/32', idle: '10m', owner: 'ann' };
  const configure = (more: Section, folder: string): void => {
    // JSON is YAML.
    writeFileSync(join(folder, 'megalith.yaml'), JSON.stringify({ ec2: { ...plain, ...section, ...more } }));
  };
  const newHome = (more: Section = {}): string => {
    const folder = mkdtempSync(join(root, 'home-'));
    configure(more, folder);
    return folder;
  };
  const home = newHome();
  const withPool = async <T>(folder: string, deed: (pool: Ec2Pool) => Promise<T>): Promise<T> => {
    const pool = await configuredPool({ home: folder, cwd: folder });
    try {
      return await within(30_000, 'what is done with the pool', deed(pool));
    } finally {
      pool.close();
    }
  };
  return {
    ec2,
    hosts,
    home,
    shared,
    configure: (more, folder = home) => configure(more, folder),
    newHome,
    executor(folder = home) {
      const executor = new FunctionExecutor({
        backend: 'standalone',
        home: folder,
        ...(slots === undefined ? {} : { slots }),
      });
      test.onTestFinished(() => within(20_000, 'the end of the executor', executor.close()));
      return executor;
    },
    launch: () => withPool(home, launchOnly),
    sweep: (folder = home) => withPool(folder, pool => sweepPool(pool, { rules })),
    alive: () => ec2.instances().filter(({ state }) => state !== 'terminated'),
    machine(id) {
      const { machine } = hosts.hostOf(id);
      if (machine === undefined) throw new Error('these hosts are no machines of their own');
      return machine;
    },
    calls: action => ec2.requests.filter(request => request.action === action).length,
  };
}

async function launchOnly({ cloud, intents, settings }: Ec2Pool): Promise<string> {
  const requirements = { cpus: 1, memoryBytes: 2 ** 30 };
  const createdAt = Date.now();
  const intent = await intents.put({
    formatVersion: 1,
    id: randomBytes(8).toString('hex'),
    provider: cloud.name,
    region: cloud.region,
    owner: settings.owner,
    label: settings.clearance,
    requirements,
    createdAt,
    expiresAt: createdAt + settings.maxLifetimeMs,
    tries: [],
  });
  const keep = async (changed: typeof intent): Promise<void> => void (await intents.put(changed));
  return (await cloud.launch(intent, await cloud.offers(requirements), keep)).id;
}

/** Waits until no machine is left, whoever ends them. */
export async function allGone(site: Site, deadlineMs = 60_000): Promise<void> {
  await eventually('no machine is left', () => site.alive().length === 0, deadlineMs);
}
