import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, within } from './eventually.js';
import { scratchFolder, tallyIn } from './scratch.js';

registerStandalone();

function openExecutor(slots: number): FunctionExecutor {
  const home = scratchFolder();
  writeFileSync(join(home, 'megalith.yaml'), 'agent: { idle: 500ms }');
  const executor = new FunctionExecutor({ backend: 'standalone', hosts: ['local'], home, slots });
  onTestFinished(() => within(20_000, 'the end of the executor', executor.close()));
  return executor;
}

/** So many ran at once at most. */
function mostAtOnce(lines: readonly string[]): number {
  let [running, most] = [0, 0];
  for (const line of lines) {
    running += line === 'began' ? 1 : -1;
    most = Math.max(most, running);
  }
  return most;
}

test.each([1, 2])(
  'a machine runs %i tasks of an executor with so many slots at once, though it has room for more',
  async slots => {
    const executor = openExecutor(slots);
    const [functions, commands] = [tallyIn(scratchFolder()), tallyIn(scratchFolder())];
    const items = Array.from({ length: 8 }, () => functions.path);
    const rest = async (path: string): Promise<void> => {
      const { appendFileSync } = await import('node:fs');
      appendFileSync(path, 'began\n');
      await new Promise(resolve => setTimeout(resolve, 60));
      appendFileSync(path, 'ended\n');
    };
    await executor.map(rest, items, { cpus: 0.1 });
    expect([functions.lines().length, mostAtOnce(functions.lines())]).toEqual([16, slots]);
    const script = `echo began >>${commands.path}; sleep 0.06; echo ended >>${commands.path}`;
    await executor.command(['sh', '-c', script], [0, 1, 2, 3, 4, 5], { cpus: 0.1 });
    expect([commands.lines().length, mostAtOnce(commands.lines())]).toEqual([12, slots]);
  },
);

test('a job that goes on without its client has all of its tasks there, however few run at once', async () => {
  const executor = openExecutor(1);
  const tally = tallyIn(scratchFolder());
  const job = executor.command(['sh', '-c', `sleep 0.05; echo {} >>${tally.path}`], [1, 2, 3, 4], { detached: true });
  await within(20_000, 'the leaving', job.detach());
  await executor.close();
  await eventually('all have run', () => tally.lines().length === 4);
});
