import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Backend, FunctionExecutor } from '@megalith/core';
import { configuredMachines, createStandaloneBackend, registerStandalone } from '@megalith/standalone';
import { onTestFinished } from 'vitest';
import { within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
import { startHosts } from '../../hosts/start-hosts.js';
import type { HostOptions, TestHost, TestHostEntry, TestHosts } from '../../hosts/test-host.js';

registerStandalone();

interface FieldOptions extends HostOptions {
  readonly count?: number;
  /** How long agents stay with nothing to do. @defaultValue '10m': none leaves during a test */
  readonly idle?: string;
  /** Added to what the inventory says of each host. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

interface ExecutorOptions {
  /** A client of its own, with nothing remembered. @defaultValue the field's first client */
  readonly home?: string;
  readonly patienceMs?: number;
  /** @defaultValue the agent that is built here */
  readonly agentFile?: string;
}

/** Hosts and a client's home whose inventory names them. Executors and hosts end with the test. */
export interface Field {
  readonly hosts: TestHosts;
  readonly first: TestHost;
  readonly home: string;
  /** Another client's home, with the same inventory. */
  newHome(change?: (entry: TestHostEntry) => object): string;
  executor(options?: ExecutorOptions): Promise<FunctionExecutor>;
  /** Ends an executor and its connections. Idempotent. */
  leave(executor: FunctionExecutor): Promise<void>;
}

export async function openField({
  count = 1,
  idle = '10m',
  entry = {},
  ...options
}: FieldOptions = {}): Promise<Field> {
  const hosts = await startHosts(count, options);
  onTestFinished(() => hosts.close());
  const newHome = (change: (entry: TestHostEntry) => object = same => same): string => {
    const home = join(scratchFolder(), 'home');
    mkdirSync(home);
    const entries = hosts.all.map(host => {
      const { name, ...rest } = change(host.entry()) as TestHostEntry;
      return [name, { ...rest, ...entry }];
    });
    writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ hosts: Object.fromEntries(entries), agent: { idle } }));
    return home;
  };
  const home = newHome();
  const backends = new Map<FunctionExecutor, Backend>();
  const leave = async (executor: FunctionExecutor): Promise<void> => {
    await within(30_000, 'the end of the executor', executor.close());
    await within(30_000, 'the end of the backend', backends.get(executor)!.close());
  };
  return {
    hosts,
    first: hosts.first,
    home,
    newHome,
    leave,
    async executor({ home: ownHome = home, patienceMs = 60_000, agentFile } = {}) {
      const { machines, placed } = await configuredMachines({
        home: ownHome,
        cwd: ownHome,
        ...(agentFile && { agentFile }),
      });
      const backend = createStandaloneBackend({ machines, placed, patienceMs });
      const executor = new FunctionExecutor({ backend });
      backends.set(executor, backend);
      onTestFinished(() => leave(executor));
      return executor;
    },
  };
}
