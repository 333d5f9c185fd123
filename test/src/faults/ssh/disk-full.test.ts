import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { bestKind, kindCan } from '../../hosts/host-kinds.js';
import { expectNoPieces, expectTidy } from './aftermath.js';
import { agentsOn } from './agents-there.js';
import { chanceOf, seed } from './chance.js';
import { openField } from './field.js';
import { bulk, hostTime } from './tasks.js';

const kind = await bestKind();
const mebibyte = 2 ** 20;

describe.skipIf(!kindCan(kind, 'disk'))(
  `a disk that is full (seed ${seed}; needs hosts with disks of their own)`,
  () => {
    test('in the middle of a job ends it with DISK_FULL; the agent lives, and its next job works once there is space', async () => {
      const field = await openField({ entry: { cpus: 2 }, diskBytes: 128 * mebibyte });
      const { first } = field;
      const executor = await field.executor();
      await executor.map(hostTime, [1]);
      const agent = agentsOn(first)[0]?.pid;
      const left = Math.round((1 + 4 * chanceOf('disk')()) * mebibyte);
      await first.faults.fillDisk(left);
      const job = executor.map(
        bulk,
        Array.from({ length: 400 }, () => 64 * 1024),
        { id: 'large' },
      );
      const done: number[] = [];
      const reading = (async () => {
        for await (const outcome of job.outcomes()) {
          if (outcome.status !== 'done') continue;
          // What was told is whole.
          expect(outcome.value.length).toBe(64 * 1024);
          done.push(outcome.index);
        }
      })().catch(() => undefined);
      const error = await failureOf(job);
      await reading;
      expect(error).toMatchObject({ code: 'DISK_FULL', exitCode: 6 });
      expect(error.message).toMatch(/no space left to write ".*\/jobs\/large/);
      expect(error.hint).toMatch(/free some space/);
      expect(new Set(done).size).toBe(done.length);
      expect(done.length).toBeLessThan(400);
      expect(agentsOn(first).map(({ pid }) => pid)).toEqual([agent]);
      await expectNoPieces(first);

      const refused = await failureOf(
        executor.map(
          bulk,
          Array.from({ length: 64 }, () => 64 * 1024),
        ),
      );
      expect(refused.code).toBe('DISK_FULL');
      await first.faults.freeDisk();
      expect((await within(30_000, 'the next job', executor.map(hostTime, [1, 2]))).length).toBe(2);
      expect(agentsOn(first).map(({ pid }) => pid)).toEqual([agent]);

      // Whoever comes back to the job that failed hears the same, from this agent and from the next.
      const again = await failureOf(
        executor.map(
          bulk,
          Array.from({ length: 400 }, () => 64 * 1024),
          { id: 'large' },
        ),
      );
      expect(again.code).toBe('DISK_FULL');
      await expectTidy(first);
      const later = await field.executor({ home: field.newHome() });
      expect((await within(30_000, 'a job of the next agent', later.map(hostTime, [1]))).length).toBe(1);
      const last = await failureOf(
        later.map(
          bulk,
          Array.from({ length: 400 }, () => 64 * 1024),
          { id: 'large' },
        ),
      );
      expect(last.code).toBe('DISK_FULL');
      await expectTidy(first);
    });

    test('before the bootstrap is named by its layer, and nothing is left half there', async () => {
      const field = await openField({ diskBytes: 64 * mebibyte });
      const { first } = field;
      await first.faults.fillDisk(100_000);
      const executor = await field.executor();
      const error = await failureOf(executor.map(hostTime, [1]));
      expect(error).toMatchObject({ code: 'BOOTSTRAP_FAILED', exitCode: 6, details: { layer: 'disk' } });
      expect(`${error.message} ${error.hint}`).toMatch(/[Nn]o space left/);
      await first.faults.freeDisk();
      expect((await within(30_000, 'the next job', executor.map(hostTime, [1]))).length).toBe(1);
      await eventually(
        'no half file is left',
        async () => (await first.exec(`find .megalith -name '*.part'`)).stdout === '',
      );
      await expectTidy(first);
    });
  },
);
