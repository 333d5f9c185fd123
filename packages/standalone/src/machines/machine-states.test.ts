import { once } from 'node:events';
import { MegalithError } from '@megalith/agent';
import { describe, expect, it } from 'vitest';
import type { AgentRoute, Machine, ReachOptions } from '../machine.js';
import { drainMachine, stopMachine } from './end-machine.js';
import { machineStates } from './machine-states.js';

const machine = (reach: (options: ReachOptions) => Promise<AgentRoute>): Machine => ({
  id: 'ssh:alpha',
  name: 'alpha',
  provider: 'ssh',
  shape: undefined,
  clearance: 'internal',
  usdPerHour: 0,
  reach,
});
const failing = (error: Error) => machine(() => Promise.reject(error));
/** Never answers, and goes when it is no longer wanted. */
const silent = machine(async ({ signal }) => {
  await once(signal!, 'abort');
  throw new MegalithError('CANCELLED', 'no longer wanted');
});
const gone = failing(new MegalithError('NOT_FOUND', 'no agent'));
const closed = failing(new MegalithError('SSH_FAILED', 'refused', { hint: 'look', details: { layer: 'port' } }));

describe('the states of machines', () => {
  it('say why each could not be asked, and that nothing runs where no agent is', async () => {
    const states = await machineStates([silent, gone, closed], { timeoutMs: 50 });
    expect(states).toMatchObject([
      { state: 'unreachable', problem: { code: 'TIMED_OUT', message: '"alpha" did not answer within 0.05 s' } },
      { state: 'not started' },
      { state: 'unreachable', problem: { code: 'SSH_FAILED', layer: 'port', message: 'refused', hint: 'look' } },
    ]);
  });

  it('start no agent', async () => {
    const asked: boolean[] = [];
    const watched = machine(async ({ start }) => {
      asked.push(start);
      throw new MegalithError('NOT_FOUND', 'no agent');
    });
    await machineStates([watched]);
    await Promise.all([drainMachine(watched), stopMachine(watched)]);
    expect(asked).toEqual([false, false, false]);
  });

  it('are no longer waited for once the caller goes', async () => {
    const abort = new AbortController();
    const looked = machineStates([silent], { signal: abort.signal });
    abort.abort();
    await expect(looked).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

it('a machine without an agent is drained and stopped already, and one that cannot be reached is not', async () => {
  expect(await Promise.all([drainMachine(gone), stopMachine(gone)])).toEqual(['not started', 'not started']);
  await expect(stopMachine(closed)).rejects.toMatchObject({ code: 'SSH_FAILED' });
});
