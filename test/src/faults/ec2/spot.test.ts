import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { JobEvent, TaskContext } from '@megalith/core';
import { describe, expect, type TestContext, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { bestInstanceHostKind, instanceHostsCan } from '../../ec2/hosts/start-instance-hosts.js';
import { testClients } from '../../ec2/test-clients.js';
import { openSite, type Site } from './open-site.js';

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

/** A job of so many tasks, of which the first ones do not wait at the gate. */
interface Stage {
  readonly site: Site;
  readonly steps: readonly Step[];
  readonly open: () => void;
  readonly lines: (word: string) => string[];
}

async function setUp(context: TestContext, market: 'spot' | 'on-demand', count: number, free: number): Promise<Stage> {
  const site = await openSite({ section: { markets: [market] } }, context);
  const tally = join(site.shared, 'tally');
  const gate = join(site.shared, 'gate');
  writeFileSync(tally, '');
  return {
    site,
    steps: Array.from({ length: count }, (_, value) => ({ value, tally, ...(value < free ? {} : { gate }) })),
    open: () => writeFileSync(gate, ''),
    lines: word =>
      readFileSync(tally, 'utf8')
        .split('\n')
        .filter(line => line.startsWith(word)),
  };
}

async function terminate({ ec2: { endpoint } }: Site, id: string): Promise<void> {
  const { ec2, close } = testClients(endpoint);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  close();
}

/** As a hypervisor dies: first nothing comes through any more, then all is dead; no peer hears of it. */
async function losePower(site: Site, id: string): Promise<void> {
  const { faults } = site.machine(id);
  await faults.linkDown();
  await faults.powerLoss();
}

const able = instanceHostsCan(await bestInstanceHostKind(), 'metadata', 'network');

describe.runIf(able).concurrent('a job whose machine goes away', () => {
  test('goes on elsewhere when spot capacity is taken back, with no task counted as failed', async context => {
    const { site, steps, open, lines } = await setUp(context, 'spot', 6, 2);
    const job = site.executor().map(step, steps, { cpus: 1 });
    await eventually('two are done, and two run', () => lines('began').length === 4 && lines('ended').length === 2);
    site.ec2.interrupt(site.ec2.instances()[0]!.id, 36_000);
    await eventually('another machine runs the others', () => lines('began').length >= 6, 40_000);
    open();
    expect(await within(40_000, 'the results', job)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await job.ended()).toMatchObject({ done: 6, failed: 0 });
    expect(site.ec2.instances()).toHaveLength(2);
    // No retry was counted, and what was done was not done again.
    expect(lines('began').every(line => line.endsWith(' 1'))).toBe(true);
    expect(lines('ended').toSorted()).toEqual([0, 1, 2, 3, 4, 5].map(value => `ended ${value} 1`));
  });

  test.for([
    ['the cloud ends it', terminate],
    ['it loses its power', losePower],
  ] as const)('is tried again within its retries where it ran when %s', async ([, end], context) => {
    const { site, steps, open, lines } = await setUp(context, 'on-demand', 5, 1);
    const running = new Set<number>();
    const onEvent = (event: JobEvent): void => {
      if (event.type === 'started') running.add(event.index);
    };
    const job = site.executor().map(step, steps, { cpus: 1, retries: 1, onEvent });
    // What this client does not know to have begun goes on as the same attempt.
    await eventually('two run, as is known here', () => running.has(1) && running.has(2));
    expect(lines('ended')).toEqual(['ended 0 1']);
    await end(site, site.ec2.instances()[0]!.id);
    await eventually('another machine runs them', () => lines('began').length >= 5, 40_000);
    open();
    expect(await within(40_000, 'the results', job)).toEqual([0, 1, 2, 3, 4]);
    expect(lines('ended').toSorted()).toEqual(['ended 0 1', 'ended 1 2', 'ended 2 2', 'ended 3 1', 'ended 4 1']);
    expect(site.ec2.instances()).toHaveLength(2);
  });

  test('fails where it ran and has no retry, and asks for no other machine', async context => {
    const { site, steps, lines } = await setUp(context, 'on-demand', 1, 0);
    const job = site.executor().map(step, steps, { cpus: 1 });
    const failed = expect(job).rejects.toMatchObject({ code: 'AGENT_LOST' });
    await eventually('it runs', () => lines('began').length === 1);
    await terminate(site, site.ec2.instances()[0]!.id);
    await within(40_000, 'the end', failed);
    expect(site.ec2.instances()).toHaveLength(1);
  });
});

describe('a job that is given up while its machine boots', () => {
  test.for(['by its own means', 'by a signal'])(
    '%s ends, and the machine with it, though the executor stays',
    async (how, context) => {
      const site = await openSite({ plan: () => ({ delayMs: 120_000 }) }, context);
      const giveUp = new AbortController();
      const job = site.executor().map(step, [{ value: 0, tally: '' }], { cpus: 1, signal: giveUp.signal });
      const cancelled = expect(job).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 });
      await eventually('a machine boots', () => site.ec2.instances()[0]?.isSeen === true);
      if (how === 'by a signal') giveUp.abort('enough');
      else job.cancel('enough');
      await within(20_000, 'the end of the job', cancelled);
      expect(await within(20_000, 'its counts', job.ended())).toMatchObject({ cancelled: 1 });
      await eventually('the machine is terminated', () => site.alive().length === 0);
      expect(site.ec2.instances()).toHaveLength(1);
      expect(site.ec2.leftovers().launchTemplates).toEqual([]);
      expect((await site.sweep()).verdicts.filter(verdict => 'intent' in verdict)).toEqual([]);
    },
  );
});
