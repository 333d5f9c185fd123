import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineOptions } from '@megalith/agent';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
import { AgentProcess } from '../wire/agent-process.js';
import { ask, ScriptJob, statusOf } from './on-agent.js';

/** An agent whose machine "ends" with it: a file says so. */
function startAgent(settings: Partial<MachineOptions> = {}, home = scratchFolder(), version?: string) {
  const down = join(home, 'down');
  const shutdown = { atEnd: 'shutdown', shutdownCommand: ['sh', '-c', `echo >>${down}`] } as const;
  const agent = new AgentProcess(home, { ...shutdown, ...settings }, version);
  onTestFinished(() => agent.kill());
  return { agent, home, isDown: () => existsSync(down) };
}

const lease = {
  type: 'lease',
  holder: { owner: 'ann', job: 'j1' },
  label: 'public',
  requirements: { cpus: 1, memoryBytes: 0 },
} as const;

test('a machine is shut down once its agent has been idle for long, and not before; nothing new is begun then', async () => {
  const { agent, isDown } = startAgent();
  const gate = join(agent.home, 'gate');
  const run = new ScriptJob(agent, 'j1', [`while [ ! -e ${gate} ]; do sleep 0.05; done`]);
  await eventually('the job runs', async () => (await statusOf(agent)).jobs[0]?.running === 1);
  expect(await ask(agent, { type: 'settings', idleMs: 200 })).toEqual({ type: 'ok' });
  expect((await statusOf(agent)).idleMs).toBe(200);
  writeFileSync(gate, '');
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  await eventually('the machine is shut down', isDown);
  const status = await statusOf(agent);
  expect([status.draining, status.endsAt]).toEqual([true, undefined]);
  expect(status.reasons).toContain('the machine shuts down');
  expect(await new ScriptJob(agent, 'j2', ['true']).end).toMatchObject({ code: 'NO_PLACEMENT' });
});

test('results that nobody has read hold the machine up for as long as they are kept, and no longer than until they are read', async () => {
  const { agent, isDown } = startAgent({ idleMs: 100 });
  const gate = join(agent.home, 'gate');
  const scripts = [`while [ ! -e ${gate} ]; do sleep 0.05; done`];
  const left = new ScriptJob(agent, 'j1', scripts);
  await eventually('the job runs', async () => (await statusOf(agent)).jobs[0]?.running === 1);
  left.close();
  await eventually('it knows that nobody reads', async () => (await statusOf(agent)).clients === 0);
  writeFileSync(gate, '');
  const { endsAt, now } = await eventually('they hold it', async () => {
    const status = await statusOf(agent);
    return status.reasons.includes('the results of a job were not read yet') ? status : undefined;
  });
  expect(endsAt! - now).toBeGreaterThan(3_000_000);
  expect(isDown()).toBe(false);
  const back = new ScriptJob(agent, 'j1', scripts);
  expect(await within(20_000, 'the job', back.end)).toBeUndefined();
  expect(back.lasts).toEqual(['0 done']);
  await eventually('the machine is shut down', isDown);
});

test('a machine that cannot be shut down stays, and says why', async () => {
  const shutdownCommand = ['sh', '-c', 'echo "sudo: a password is required" >&2; exit 1'];
  const { agent } = startAgent({ idleMs: 100, shutdownCommand });
  const reason = await eventually('it says why', async () =>
    (await statusOf(agent)).reasons.find(one => one.includes('cannot be shut down')),
  );
  expect(reason).toContain('sudo: a password is required');
  expect(readFileSync(join(agent.home, 'agent.log'), 'utf8')).toContain('THE MACHINE CANNOT BE SHUT DOWN');
});

test('a lease holds the machine up until it runs out', async () => {
  const { agent, isDown } = startAgent({ idleMs: 100, leaseNeeded: true });
  expect(await ask(agent, { ...lease, ttlMs: 60_000 })).toMatchObject({ granted: true });
  expect((await statusOf(agent)).endsAt).toBeUndefined();
  expect(isDown()).toBe(false);
  expect(await ask(agent, { ...lease, ttlMs: 300 })).toMatchObject({ granted: true });
  await eventually('the machine is shut down', isDown);
});

test('an agent that is told to make way by SIGTERM leaves the machine up; one that is drained does not', async () => {
  const { agent, isDown } = startAgent();
  await statusOf(agent);
  await agent.kill('SIGTERM');
  expect(isDown()).toBe(false);
  expect(await ask(agent, { type: 'drain' })).toMatchObject({ type: 'ok', status: { draining: true } });
  await eventually('the machine is shut down', isDown);
});

test('of two agents the younger one ends the machine, once it is alone', async () => {
  const home = scratchFolder();
  const { agent: older, isDown } = startAgent({ idleMs: 100 }, home, 'a1');
  const gate = join(home, 'gate');
  const run = new ScriptJob(older, 'j1', [`while [ ! -e ${gate} ]; do sleep 0.05; done`]);
  await eventually('the job runs', async () => (await statusOf(older)).jobs[0]?.running === 1);
  const { agent: younger } = startAgent({ idleMs: 100 }, home, 'b2');
  await eventually('the younger one waits', async () =>
    (await statusOf(younger)).reasons.includes('another agent of this machine still runs'),
  );
  expect(isDown()).toBe(false);
  writeFileSync(gate, '');
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  await eventually('the older one is gone', () => !older.isRunning);
  await eventually('the machine is shut down', isDown);
  expect((await statusOf(younger)).reasons).toContain('the machine shuts down');
});

test('an older agent that ends leaves the machine to the younger one, however much it has to clear away', async () => {
  const home = scratchFolder();
  const { agent: older, isDown } = startAgent({ idleMs: 100 }, home, 'a1');
  const gate = join(home, 'gate');
  const run = new ScriptJob(older, 'j1', [`while [ ! -e ${gate} ]; do sleep 0.05; done`]);
  await eventually('the job runs', async () => (await statusOf(older)).jobs[0]?.running === 1);
  await statusOf(startAgent({}, home, 'b2').agent);
  for (let count = 0; count < 300; count++) {
    const abandoned = join(home, 'jobs', `old-${count}`);
    mkdirSync(abandoned);
    utimesSync(abandoned, 0, 0);
  }
  writeFileSync(gate, '');
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  await eventually('the older one is gone', () => !older.isRunning);
  expect(isDown()).toBe(false);
});

test('shortly before its absolute end a machine takes no new jobs, and those that run go on', async () => {
  const { agent } = startAgent();
  const gate = join(agent.home, 'gate');
  const run = new ScriptJob(agent, 'j1', [`while [ ! -e ${gate} ]; do sleep 0.05; done`]);
  await eventually('the job runs', async () => (await statusOf(agent)).jobs[0]?.running === 1);
  const expiresAt = Date.now() + 4 * 60_000;
  await ask(agent, { type: 'settings', expiresAt });
  const end = await within(20_000, 'the refusal', new ScriptJob(agent, 'j2', ['true']).end);
  expect(end).toMatchObject({
    code: 'NO_PLACEMENT',
    message: expect.stringContaining(new Date(expiresAt).toISOString()),
  });
  expect(await ask(agent, { ...lease, ttlMs: 1000 })).toMatchObject({ reason: 'DRAINING' });
  expect(await statusOf(agent)).toMatchObject({ draining: true, expiresAt });
  writeFileSync(gate, '');
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  expect(run.lasts).toEqual(['0 done']);
});
