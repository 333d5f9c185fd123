import { MegalithError } from '@megalith/agent';
import { EventQueue, type JobRun, type TaskEvents } from '@megalith/core';
import { expect, it } from 'vitest';
import type { Machine } from '../machine.js';
import { firstThatRuns } from './first-that-runs.js';

const machine = (name: string): Machine => ({
  id: name,
  name,
  provider: 'ssh',
  shape: undefined,
  clearance: 'internal',
  usdPerHour: 0,
  reach: () => Promise.reject(new Error('nobody reaches it')),
});

/** A run whose fate the test decides. */
class Fate {
  readonly events = new EventQueue<TaskEvents>();
  handedOver!: () => void;
  #refuse!: (error: Error) => void;
  readonly #handing = new Promise<void>((resolve, reject) => {
    this.handedOver = resolve;
    this.#refuse = reject;
  });

  fail(error: Error): void {
    // The order in which a run tells of its end is not said anywhere.
    this.#refuse(error);
    this.events.fail(error);
  }

  run(name: string): JobRun {
    return { events: this.events, machine: name, cancel: () => undefined, handOver: () => this.#handing };
  }
}

function between(names: readonly string[]) {
  const fates = new Map(names.map(name => [name, new Fate()]));
  const run = firstThatRuns(names.map(machine), ({ name }) => fates.get(name)!.run(name));
  return { run, fates };
}
const unreachable = new MegalithError('SSH_FAILED', 'no way there');

it('a job is handed over once a machine has it that can be reached', async () => {
  const { run, fates } = between(['first', 'second']);
  let isOver = false;
  const handed = run.handOver!().then(() => {
    isOver = true;
  });
  fates.get('first')!.fail(unreachable);
  while (run.machine !== 'second') await new Promise(setImmediate);
  expect(isOver).toBe(false);
  fates.get('second')!.handedOver();
  await handed;
});

it('a job that no machine takes is not handed over', async () => {
  const { run, fates } = between(['first', 'second']);
  const handed = run.handOver!();
  for (const fate of fates.values()) fate.fail(unreachable);
  await expect(handed).rejects.toBe(unreachable);
});
