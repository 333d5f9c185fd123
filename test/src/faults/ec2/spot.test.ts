import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { FunctionExecutor, type TaskContext } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
import type { Ec2Simulator } from '../../ec2/ec2-simulator.js';
import type { BootFaults } from '../../ec2/hosts/boot-faults.js';
import { bestInstanceHostKind, instanceHostsCan, startInstanceHosts } from '../../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../../ec2/start-ec2.js';

registerStandalone();

interface Step {
  readonly value: number;
  /** Files in a folder that machines share with the test. */
  readonly tally: string;
  readonly gate?: string;
}

/** Says that it begins and ends, and waits at its gate in between. */
async function step({ value, tally, gate }: Step, { attempt, signal }: TaskContext): Promise<number> {
  appendFileSync(tally, `began ${value} ${attempt}\n`);
  while (gate !== undefined && !existsSync(gate)) {
    signal.throwIfAborted();
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  appendFileSync(tally, `ended ${value} ${attempt}\n`);
  return value;
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  return () => vi.unstubAllEnvs();
});

async function openCloud(market: 'spot' | 'on-demand', plan: () => BootFaults = () => ({})) {
  const folder = scratchFolder();
  const shared = join(folder, 'shared');
  const home = join(folder, 'home');
  mkdirSync(shared);
  mkdirSync(home);
  const ec2 = await startEc2({ hosts: await startInstanceHosts({ sharedFolder: shared, plan }) });
  onTestFinished(() => ec2.close());
  const section = { region: ec2.region, endpoint: ec2.endpoint, admit: '127.0.0.1/32', idle: '10m', markets: [market] };
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2: section }));
  const executor = new FunctionExecutor({ backend: 'standalone', home, slots: 2 });
  onTestFinished(() => within(30_000, 'the end of the executor', executor.close()));
  const tally = join(shared, 'tally');
  writeFileSync(tally, '');
  const lines = (word: string) =>
    readFileSync(tally, 'utf8')
      .split('\n')
      .filter(line => line.startsWith(word));
  return { ec2, executor, home, tally, gate: join(shared, 'gate'), lines };
}

async function terminate({ endpoint, region }: Ec2Simulator, id: string): Promise<void> {
  const client = new EC2Client({ endpoint, region });
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  client.destroy();
}

const able = instanceHostsCan(await bestInstanceHostKind(), 'metadata', 'network');

describe.runIf(able)('a job whose machine goes away', () => {
  test('goes on elsewhere when spot capacity is taken back, with no task counted as failed', {
    timeout: 120_000,
  }, async () => {
    const { ec2, executor, tally, gate, lines } = await openCloud('spot');
    const steps = Array.from({ length: 6 }, (_, value) => ({ value, tally, ...(value < 2 ? {} : { gate }) }));
    const job = executor.map(step, steps, { cpus: 1 });
    await eventually(
      'two are done, and two run',
      () => lines('began').length === 4 && lines('ended').length === 2,
      60_000,
    );
    ec2.interrupt(ec2.instances()[0]!.id, 36_000);
    await eventually('another machine runs the others', () => lines('began').length >= 6, 60_000);
    writeFileSync(gate, '');
    expect(await within(60_000, 'the results', job)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await job.ended()).toMatchObject({ done: 6, failed: 0 });
    expect(ec2.instances()).toHaveLength(2);
    // No retry was counted, and what was done was not done again.
    expect(lines('began').every(line => line.endsWith(' 1'))).toBe(true);
    expect(lines('ended').toSorted()).toEqual([0, 1, 2, 3, 4, 5].map(value => `ended ${value} 1`));
  });

  test('is tried again within its retries where it ran when the machine was ended', { timeout: 120_000 }, async () => {
    const { ec2, executor, tally, gate, lines } = await openCloud('on-demand');
    const steps = Array.from({ length: 5 }, (_, value) => ({ value, tally, ...(value < 1 ? {} : { gate }) }));
    const job = executor.map(step, steps, { cpus: 1, retries: 1 });
    await eventually(
      'one is done, and two run',
      () => lines('began').length === 3 && lines('ended').length === 1,
      60_000,
    );
    await terminate(ec2, ec2.instances()[0]!.id);
    await eventually('another machine runs them', () => lines('began').length >= 5, 60_000);
    writeFileSync(gate, '');
    expect(await within(60_000, 'the results', job)).toEqual([0, 1, 2, 3, 4]);
    expect(lines('ended').toSorted()).toEqual(['ended 0 1', 'ended 1 2', 'ended 2 2', 'ended 3 1', 'ended 4 1']);
    expect(ec2.instances()).toHaveLength(2);
  });

  test('fails where it ran and has no retry, and asks for no other machine', { timeout: 120_000 }, async () => {
    const { ec2, executor, tally, gate, lines } = await openCloud('on-demand');
    const job = executor.map(step, [{ value: 0, tally, gate }], { cpus: 1 });
    const failed = expect(job).rejects.toMatchObject({ code: 'AGENT_LOST' });
    await eventually('it runs', () => lines('began').length === 1, 60_000);
    await terminate(ec2, ec2.instances()[0]!.id);
    await within(60_000, 'the end', failed);
    expect(ec2.instances()).toHaveLength(1);
  });
});

describe('a job that is cancelled while its machine boots', () => {
  test('ends, and the machine with it, though the executor stays', { timeout: 60_000 }, async () => {
    const { ec2, executor, home } = await openCloud('on-demand', () => ({ delayMs: 120_000 }));
    const job = executor.map(step, [{ value: 0, tally: '' }], { cpus: 1 });
    const cancelled = expect(job).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 });
    await eventually('a machine boots', () => ec2.instances()[0]?.isSeen === true, 30_000);
    job.cancel('enough');
    await within(20_000, 'the end of the job', cancelled);
    expect(await within(20_000, 'its counts', job.ended())).toMatchObject({ cancelled: 1 });
    await eventually('the machine is terminated', () => ec2.instances()[0]!.state === 'terminated');
    expect(ec2.instances()).toHaveLength(1);
    expect(ec2.leftovers().launchTemplates).toEqual([]);
    expect(existsSync(join(home, 'cloud', 'intents'))).toBe(true);
  });
});
