import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
import { expectTidy, expectWholeJournal, folderOf, linesOn, tracesOn, upTo } from './aftermath.js';
import { agentsOn } from './agents-there.js';
import { anyMoment } from './chance.js';
import { openField } from './field.js';
import { gated, hostTime } from './tasks.js';

describe('an agent', () => {
  test('with nothing to do leaves, with its socket, and the next job brings another', async () => {
    const field = await openField({ idle: '300ms' });
    const { first } = field;
    for (let round = 0; round < 2; round++) {
      const executor = await field.executor();
      await within(30_000, 'a job', executor.map(hostTime, [1]));
      await field.leave(executor);
      await eventually('the agent has left', () => first.processes().length === 0);
      expect((await first.exec('find .megalith -type s; find .megalith -name agent.json')).stdout).toBe('');
    }
    // The executor that was there all the time finds the next one too.
    const executor = await field.executor();
    const [before] = await within(30_000, 'a job', executor.map(hostTime, [1]));
    expect(before).toBeGreaterThan(0);
    expect(await within(30_000, 'a job', executor.map(hostTime, [1]))).toHaveLength(1);
  });

  test('that a newer one replaces ends its job first, and both together never give out more memory than there is', async () => {
    const field = await openField({ entry: { cpus: 4, memory: '1GiB' } });
    const { first } = field;
    const executor = await field.executor();
    const { tally, gate } = tracesOn(first);
    const map = (under: typeof executor, id: string, from: number) =>
      under.map(
        gated,
        upTo(4).map(value => ({ value: from + value, tally, gate: `${gate}-${id}` })),
        { id, memory: '400MiB' },
      );
    const begun = (from: number) =>
      linesOn(first, tally).filter(line => line.startsWith('began') && Number(line.split(' ')[1]) >= from).length;
    const older = map(executor, 'older', 0);
    older.catch(() => undefined);
    await eventually('two tasks run', () => begun(0) === 2);
    const [oldAgent] = agentsOn(first);

    const newerFile = otherAgent();
    const newer = await field.executor({ home: field.newHome(), agentFile: newerFile.path });
    // Its slots are up, so that it would begin at once what it may.
    await within(30_000, 'a small job', newer.map(hostTime, [1, 2], { cpus: 0.1 }));
    const next = map(newer, 'newer', 10);
    next.catch(() => undefined);
    await eventually('the new agent has the job', () => existsSync(join(folderOf(first), 'jobs/newer/journal')));
    // Nothing is to happen now, which takes its time to see.
    await anyMoment(() => 1, 700);
    expect([begun(0), begun(10), agentsOn(first).length]).toEqual([2, 0, 2]);
    expect(agentsOn(first).some(({ command }) => command.includes(newerFile.hash))).toBe(true);
    await first.exec(`touch ${gate}-older`);
    await eventually('tasks of the new agent run', () => begun(10) > 0);
    await first.exec(`touch ${gate}-newer`);
    expect(await within(30_000, 'the old job', older)).toEqual(upTo(4));
    expect(await within(30_000, 'the new job', next)).toEqual(upTo(4).map(value => 10 + value));
    // The tally has the order in which tasks began and ended, of both agents: 1 GiB has room for two.
    let running = 0;
    const loads = linesOn(first, tally).map(line => {
      running += line.startsWith('began') ? 1 : -1;
      return running;
    });
    expect(Math.max(...loads)).toBe(2);
    await field.leave(executor);
    await eventually('the older agent has left', () => agentsOn(first).every(({ pid }) => pid !== oldAgent?.pid));
    await expectWholeJournal(first, 'older', 4);
    await expectWholeJournal(first, 'newer', 4);
    await expectTidy(first);
  });
});

/** The agent, longer by one byte: another version. */
function otherAgent(): { readonly path: string; readonly hash: string } {
  const path = join(scratchFolder(), 'agent.mjs');
  copyFileSync(fileURLToPath(new URL('../../../../agent/dist/agent.mjs', import.meta.url)), path);
  appendFileSync(path, '\n');
  return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16) };
}
