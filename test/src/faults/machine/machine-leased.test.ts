import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Label, LeaseRequest } from '@megalith/agent';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
import { AgentProcess } from '../wire/agent-process.js';
import { ask, ScriptJob, statusOf } from './on-agent.js';

function startAgent(home: string, version?: string, leaseNeeded = true): AgentProcess {
  const agent = new AgentProcess(home, { leaseNeeded }, version);
  onTestFinished(() => agent.kill());
  return agent;
}

function leaseFor(job: string, label: Label = 'internal', ttlMs = 60_000): LeaseRequest {
  const requirements = { cpus: 1, memoryBytes: 2 ** 20 };
  return { type: 'lease', holder: { owner: 'ann', job }, label, requirements, ttlMs };
}

test('of clients that want a machine at once one gets it, and only its job is taken', async () => {
  const agent = startAgent(scratchFolder());
  const jobs = ['j1', 'j2', 'j3', 'j4'];
  const replies = await Promise.all(jobs.map(job => ask(agent, leaseFor(job))));
  const won = jobs.filter((_, position) => (replies[position] as { granted?: boolean }).granted);
  expect(won).toHaveLength(1);
  const [winner = ''] = won;
  for (const job of jobs.filter(one => one !== winner)) {
    const end = await within(20_000, 'the refusal', new ScriptJob(agent, job, ['true']).end);
    expect(end).toMatchObject({ code: 'NO_PLACEMENT' });
  }
  expect((await statusOf(agent)).reasons).toEqual([`it is leased for job "${winner}"`]);
  const run = new ScriptJob(agent, winner, ['true', 'true']);
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  expect(run.lasts).toEqual(['0 done', '1 done']);
  await eventually('the lease is over', async () => (await statusOf(agent)).lease === undefined);
  expect(await ask(agent, leaseFor('j9', 'public'))).toMatchObject({ granted: false, reason: 'LABEL' });
  expect(await ask(agent, leaseFor('j9', 'confidential'))).toMatchObject({ granted: true, label: 'confidential' });
  expect(await statusOf(agent)).toMatchObject({ label: 'confidential', lease: { owner: 'ann', job: 'j9' } });
  expect(await ask(agent, { type: 'endLease', holder: { owner: 'ann', job: 'j9' } })).toEqual({ type: 'ok' });
  expect((await statusOf(agent)).lease).toBeUndefined();
});

test('an agent that is killed keeps lease and label, before and while the job runs', async () => {
  const home = scratchFolder();
  const agent = startAgent(home);
  expect(await ask(agent, leaseFor('j1', 'restricted'))).toMatchObject({ granted: true });
  await agent.kill();
  expect(await ask(agent, leaseFor('j2', 'restricted'))).toMatchObject({ granted: false, reason: 'BUSY' });
  const gate = join(home, 'gate');
  const run = new ScriptJob(agent, 'j1', [`echo >${gate}-begun; while [ ! -e ${gate} ]; do sleep 0.05; done`]);
  await eventually('the task runs', () => existsSync(`${gate}-begun`));
  await agent.kill();
  expect(await ask(agent, leaseFor('j2', 'restricted'))).toMatchObject({ granted: false, reason: 'BUSY' });
  expect(await statusOf(agent)).toMatchObject({ label: 'restricted', lease: { job: 'j1' } });
  writeFileSync(gate, '');
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  await eventually('another gets the machine', async () => {
    const reply = await ask(agent, leaseFor('j2', 'restricted'));
    return reply.type === 'lease' && reply.granted;
  });
  expect(await ask(agent, leaseFor('j2', 'public'))).toMatchObject({ granted: false, reason: 'LABEL' });
});

test('a lease outlives a restart with other jobs, where jobs need none', async () => {
  const home = scratchFolder();
  const agent = startAgent(home, 'test', false);
  const gate = join(home, 'gate');
  const script = `while [ ! -e ${gate} ]; do sleep 0.05; done`;
  expect(await ask(agent, leaseFor('j1'))).toMatchObject({ granted: true });
  const isRunning = async (count: number): Promise<boolean> =>
    (await statusOf(agent)).jobs.filter(job => job.running > 0).length === count;
  const free = new ScriptJob(agent, 'j0', [script]);
  await eventually('the job without a lease runs', () => isRunning(1));
  const leased = new ScriptJob(agent, 'j1', [script]);
  await eventually('both run', () => isRunning(2));
  await agent.kill();
  expect(await statusOf(agent)).toMatchObject({ lease: { job: 'j1' } });
  writeFileSync(gate, '');
  expect(await within(20_000, 'both jobs', Promise.all([free.end, leased.end]))).toEqual([undefined, undefined]);
});

test('the agents of two releases lease one machine to one client', async () => {
  const home = scratchFolder();
  const older = startAgent(home, 'a1');
  expect(await ask(older, leaseFor('j1'))).toMatchObject({ granted: true });
  const younger = startAgent(home, 'b2');
  expect(await ask(younger, leaseFor('j2'))).toMatchObject({ granted: false, reason: 'BUSY' });
  await eventually('the older one knows', async () => {
    const reply = await ask(older, leaseFor('j2'));
    return reply.type === 'lease' && !reply.granted && reply.reason === 'DRAINING';
  });
  // The lease that it gave before still holds.
  const run = new ScriptJob(older, 'j1', ['sleep 0.2']);
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  await eventually('the machine is free', async () => {
    const reply = await ask(younger, leaseFor('j2'));
    return reply.type === 'lease' && reply.granted;
  });
});
