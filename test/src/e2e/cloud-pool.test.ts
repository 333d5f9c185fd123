import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import type { Ec2Simulator } from '../ec2/ec2-simulator.js';
import { bestInstanceHostKind, instanceHostsCan, startInstanceHosts } from '../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../ec2/start-ec2.js';
import { type CloudClient, cloudClient } from './cloud-client.js';

let ec2: Ec2Simulator;
let client: CloudClient;

beforeEach(async () => {
  ec2 = await startEc2({ hosts: await startInstanceHosts() });
  client = cloudClient();
  client.configure({
    region: ec2.region,
    endpoint: ec2.endpoint,
    admit: '127.0.0.1/32',
    idle: '5s',
    clearance: 'confidential',
  });
});
afterEach(async () => {
  await ec2.close();
  client.close();
});

interface Listed {
  readonly machines: readonly {
    readonly id: string;
    readonly state: string;
    readonly name: string;
    readonly provider: string;
    readonly endsInMs: number;
    readonly usdSoFar: number;
  }[];
}

interface Planned {
  readonly chosen: object;
  readonly candidates: readonly { readonly id: string }[];
}

const listed = async (...args: readonly string[]) => ((await client.json(...args)) as Listed).machines;
const allEnded = () =>
  eventually('all machines are terminated', () => ec2.instances().every(({ state }) => state === 'terminated'), 30_000);

// Every machine listens at the same port, which only hosts with networks of their own do.
describe.runIf(instanceHostsCan(await bestInstanceHostKind(), 'network'))('machines on demand', () => {
  it('are made warm, serve a job that is found again, and end once they are drained', { timeout: 90_000 }, async () => {
    const warmed = await client.megalith('pool', 'warm', '--cpus', '2', '--memory', '8GiB', '--count', '2', '--json');
    expect(warmed).toMatchObject({ code: 0 });
    const ids = (JSON.parse(warmed.stdout) as Listed).machines.map(({ id }) => id).sort();
    expect(ids).toEqual(
      ec2
        .instances()
        .map(({ id }) => id)
        .sort(),
    );
    expect(ids).toHaveLength(2);

    const before = await listed('pool', 'ls');
    for (const { state, endsInMs, usdSoFar } of before) {
      expect(state).toBe('warm');
      expect(usdSoFar).toBeGreaterThan(0);
      // Half an hour, and not the five seconds of the config.
      expect(endsInMs).toBeGreaterThan(25 * 60_000);
    }
    const plan = (await client.json('plan', '--backend', 'standalone', '--memory', '6GiB')) as Planned;
    expect(plan.chosen).toMatchObject({ kind: 'warm', startMs: expect.any(Number) });
    expect(plan.candidates.map(({ id }) => id)).toEqual(expect.arrayContaining(ids.map(id => `warm ${id}`)));
    const work = ['--memory', '6GiB', '--id', 'on-warm', '--shell', 'echo hi'];
    expect(await client.megalith('run', '--backend', 'standalone', ...work)).toMatchObject({ code: 0, stdout: 'hi\n' });
    expect(ec2.instances()).toHaveLength(2);

    const known = await listed('machines');
    expect(known.map(({ name }) => name).sort()).toEqual([...ids, 'local'].sort());
    expect(known.filter(({ provider, state }) => provider === 'ec2' && state === 'warm')).toHaveLength(2);
    expect(await client.megalith('machines', 'show', ids[0]!)).toMatchObject({ code: 0 });
    expect(await client.megalith('jobs', 'attach', 'on-warm')).toMatchObject({ code: 0, stdout: 'hi\n' });

    const unknown = await client.megalith('pool', 'drain', 'i-00000000000000000');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_FOUND') });
    const drained = await client.megalith('pool', 'drain');
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining(`${ids[0]}  draining`) });
    await allEnded();
    expect(await listed('pool', 'ls')).toEqual([]);
    // The sweep of that call saw them terminated.
    expect((await listed('machines')).map(({ name }) => name)).toEqual(['local']);
    expect(await client.megalith('jobs', 'show', 'on-warm')).toMatchObject({ code: 0 });
  });

  it('that nobody reaches are named when they are drained', { timeout: 60_000 }, async () => {
    const { code } = await client.megalith('pool', 'warm', '--shape', 'r6i.xlarge');
    expect(code).toBe(0);
    const { id, type } = ec2.instances()[0]!;
    expect(type).toBe('r6i.xlarge');
    const stranger = cloudClient();
    stranger.configure({ region: ec2.region, endpoint: ec2.endpoint, owner: 'stranger' });
    try {
      expect(await stranger.megalith('pool', 'drain')).toMatchObject({ code: 0, stderr: 'no machines\n' });
      expect(await stranger.megalith('pool', 'drain', id)).toMatchObject({
        code: 6,
        stdout: expect.stringMatching(new RegExp(`${id}  unreachable  this client has no key`)),
      });
      expect((await stranger.megalith('pool', 'ls')).stdout).toContain('this client did not make it');
    } finally {
      stranger.close();
    }
  });

  it('that could not all be made leave those that were', { timeout: 60_000 }, async () => {
    // Each has two cpus.
    ec2.setQuota('L-1216C47A', 3);
    const { code, stdout } = await client.megalith('pool', 'warm', '--shape', 'r6i.large', '--count', '2', '--json');
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      machines: [{ type: 'r6i.large' }],
      failures: [{ hint: expect.any(String) }],
    });
    expect(ec2.instances().filter(({ state }) => state === 'running')).toHaveLength(1);
  });
});
