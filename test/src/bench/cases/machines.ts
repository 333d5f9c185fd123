import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { eventually } from '../../conformance/eventually.js';
import type { Ec2Simulator } from '../../ec2/ec2-simulator.js';
import { bestInstanceHostKind, startInstanceHosts } from '../../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../../ec2/start-ec2.js';
import { untilGreeted } from '../../hosts/banner.js';
import type { BenchCase } from '../bench.js';

const hasNetworks = (await bestInstanceHostKind()) === 'namespaces';
const type = 'm6i.large';
const longestMs = 600_000;

/**
 * Machines made on demand, from nothing to the result of a command on each, against what nobody can do without: the boot of as many hosts at once, until
 * their sshd greets. Each figure is the whole time divided by the number of machines: it does not grow with their number.
 */
export const machines: readonly BenchCase[] = [1, 10, 50, 100].map(count => ({
  name: `${count} at once/each`,
  unit: 'ms',
  ours: () => withCloud(ec2 => results(ec2, count)),
  peer: () => withCloud(ec2 => boots(ec2, count)),
  peerName: 'boot until sshd greets',
  runs: count === 1 ? 5 : 1,
  missing: () => (hasNetworks ? undefined : 'hosts with networks of their own need root'),
}));

async function results(ec2: Ec2Simulator, count: number): Promise<number> {
  registerStandalone();
  const home = mkdtempSync(join(tmpdir(), 'megalith-bench-'));
  mkdirSync(home, { recursive: true });
  const section = { region: ec2.region, endpoint: ec2.endpoint, admit: '127.0.0.1/32', idle: '10m', types: [type] };
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2: section }));
  const executor = new FunctionExecutor({ backend: 'standalone', home });
  try {
    const begun = performance.now();
    await Promise.all(Array.from({ length: count }, () => executor.run(['true'], { cpus: 2 })));
    const tookMs = performance.now() - begun;
    if (ec2.instances().length !== count) throw new Error(`there are ${ec2.instances().length} machines, not ${count}`);
    return tookMs / count;
  } finally {
    await executor.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function boots(ec2: Ec2Simulator, count: number): Promise<number> {
  const client = new EC2Client({ endpoint: ec2.endpoint, region: ec2.region });
  try {
    const begun = performance.now();
    const image = { ImageId: 'ami-0a1202300000086c4', InstanceType: type } as const;
    const { Instances = [] } = await client.send(
      new RunInstancesCommand({ ...image, MinCount: count, MaxCount: count }),
    );
    await Promise.all(
      Instances.map(async ({ InstanceId: id }) => {
        const address = await eventually('it has an address', () => ec2.instance(id!)?.publicAddress, longestMs);
        const port = await eventually('it has a port', () => ec2.portOf(id!), longestMs);
        await untilGreeted(address, port);
      }),
    );
    return (performance.now() - begun) / count;
  } finally {
    client.destroy();
  }
}

async function withCloud(measure: (ec2: Ec2Simulator) => Promise<number>): Promise<number> {
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIDTEST';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const ec2 = await startEc2({ hosts: await startInstanceHosts({ kind: 'namespaces' }) });
  try {
    return await measure(ec2);
  } finally {
    await ec2.close();
  }
}
