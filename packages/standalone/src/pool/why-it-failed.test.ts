import { MegalithError } from '@megalith/agent';
import { expect, it } from 'vitest';
import { hasEnded } from './await-host.js';
import type { CloudMachine, CloudState } from './cloud-machine.js';
import { whyItFailed } from './why-it-failed.js';

const machine = { id: 'm-1', state: 'running' } as CloudMachine;
const lost = new MegalithError('SSH_FAILED', 'the host closed it', { hint: 'look' });
const wrongKey = new MegalithError('HOST_KEY', 'another key', { hint: 'look' });

/** A cloud that says one state after another, and the last again. */
function saying(...states: (CloudState | Error)[]) {
  let looks = 0;
  const find = async () => {
    const state = states[Math.min(looks++, states.length - 1)]!;
    if (state instanceof Error) throw state;
    return { ...machine, state };
  };
  return { find, looks: () => looks };
}

it('a machine that the cloud calls ended, if only a moment later, is what is wrong', async () => {
  const failure = await whyItFailed(machine, lost, saying('running', 'shutting-down'), undefined);
  expect(hasEnded(failure)).toBe(true);
  expect(failure).toMatchObject({ code: 'NO_CAPACITY', cause: lost });
});

it('while the machine lives, what failed is what is wrong', async () => {
  expect(await whyItFailed(machine, lost, saying('running'), undefined)).toBe(lost);
  const cloud = saying('running');
  expect(await whyItFailed(machine, wrongKey, cloud, undefined)).toBe(wrongKey);
  expect(cloud.looks()).toBe(1);
});

it('a cloud that does not say hides nothing, and who has cancelled is not kept waiting', async () => {
  expect(await whyItFailed(machine, lost, saying(new Error('no network')), undefined)).toBe(lost);
  const cloud = saying('terminated');
  expect(await whyItFailed(machine, lost, cloud, AbortSignal.abort())).toBe(lost);
  expect(cloud.looks()).toBe(0);
});
