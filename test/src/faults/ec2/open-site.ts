import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { configuredPool, registerStandalone, type SweepReport, sweepPool } from '@megalith/standalone';
import { onTestFinished, vi } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
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

export type Section = Readonly<Record<string, unknown>>;

interface SiteOptions extends Omit<InstanceHostsOptions, 'node'> {
  readonly section?: Section;
  readonly ec2?: Omit<Ec2Options, 'hosts'>;
}

/** An EC2 with real hosts, and a client's home whose config has nothing but it. All ends with the test. */
export interface Site {
  readonly ec2: Ec2Simulator;
  readonly hosts: StartedInstanceHosts;
  readonly home: string;
  /** Writes the config anew. */
  configure(section: Section, home?: string): void;
  /** Another client's home. */
  newHome(section?: Section): string;
  executor(home?: string): FunctionExecutor;
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

export async function openSite({ section = {}, ec2: options = {}, ...hostOptions }: SiteOptions = {}): Promise<Site> {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTESTSONLY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'no-secret');
  const hosts = await startInstanceHosts(hostOptions);
  const ec2 = await startEc2({ ...options, hosts });
  onTestFinished(() => ec2.close());
  const plain = { region: ec2.region, endpoint: ec2.endpoint, admit: '127.0.0.1/32', idle: '10m', owner: 'ann' };
  const configure = (more: Section, folder: string): void => {
    // JSON is YAML.
    writeFileSync(join(folder, 'megalith.yaml'), JSON.stringify({ ec2: { ...plain, ...section, ...more } }));
  };
  const newHome = (more: Section = {}): string => {
    const folder = join(scratchFolder(), 'home');
    mkdirSync(folder);
    configure(more, folder);
    return folder;
  };
  const home = newHome();
  return {
    ec2,
    hosts,
    home,
    configure: (more, folder = home) => configure(more, folder),
    newHome,
    executor(folder = home) {
      const executor = new FunctionExecutor({ backend: 'standalone', home: folder, slots: 2 });
      onTestFinished(() => within(20_000, 'the end of the executor', executor.close()));
      return executor;
    },
    async sweep(folder = home) {
      const pool = await configuredPool({ home: folder, cwd: folder });
      try {
        return await within(30_000, 'the sweep', sweepPool(pool, { rules }));
      } finally {
        pool.close();
      }
    },
    alive: () => ec2.instances().filter(({ state }) => state !== 'terminated'),
    machine(id) {
      const { machine } = hosts.hostOf(id);
      if (machine === undefined) throw new Error('these hosts are no machines of their own');
      return machine;
    },
    calls: action => ec2.requests.filter(request => request.action === action).length,
  };
}

/** Waits until no machine is left, whoever ends them. */
export async function allGone(site: Site, deadlineMs = 20_000): Promise<void> {
  await eventually('no machine is left', () => site.alive().length === 0, deadlineMs);
}
