import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskTable, taskCode } from './task-table.js';
import { fakeStats } from './testing/fake-backend.js';

describe('a task table', () => {
  it('knows each task apart, across chunks', () => {
    const index = fc.oneof(fc.nat(10), fc.integer({ min: 4090, max: 4100 }), fc.nat(100_000));
    fc.assert(
      fc.property(fc.uniqueArray(index, { maxLength: 20 }), fc.nat(100_001), (indexes, other) => {
        const table = new TaskTable(100_002);
        for (const each of indexes) {
          table.send(each, 3, 1000 + each);
          table.settle(each, taskCode.done, `value ${each}`, fakeStats(each), 2000 + each);
        }
        for (const each of indexes) {
          expect(table.state(each)).toBe('done');
          expect(table.value(each)).toBe(`value ${each}`);
          expect(table.stats(each)).toMatchObject({
            submittedAt: 1000 + each,
            receivedAt: 2000 + each,
            attempt: 3,
          });
        }
        if (!indexes.includes(other)) expect([table.state(other), table.value(other)]).toEqual(['pending', undefined]);
      }),
    );
  });

  it('gives back exactly the figures that it was given', () => {
    const table = new TaskTable(2);
    table.machine = 'another';
    table.machine = 'm';
    const stats = { ...fakeStats(0), peakMemoryBytes: 2 ** 40 + 1, cpuSystemMs: 0 };
    table.send(0, 1, 5);
    table.settle(0, taskCode.done, undefined, stats, 9);
    const execMs = stats.endedAt - stats.startedAt;
    expect(table.stats(0)).toEqual({ ...stats, submittedAt: 5, receivedAt: 9, execMs, attempt: 1, machine: 'm' });
    table.settle(1, taskCode.failed, new Error('never started'), undefined, 9);
    expect(table.stats(1)).toBeUndefined();
  });

  it('forgets what is released, but not that it ended, and nothing that is kept', () => {
    const table = new TaskTable();
    for (let index = 0; index < 4096; index++) {
      table.send(index, 1, 0);
      table.settle(index, taskCode.done, { index }, fakeStats(index), 0);
    }
    table.keep(7);
    for (let index = 0; index < 4096; index++) expect(table.release(index)).toBe(index !== 7);
    expect(table.value(7)).toEqual({ index: 7 });
    expect(table.value(8)).toBeUndefined();
    expect(table.stats(8)).toBeUndefined();
    expect([table.state(8), table.isReleased(8), table.isReleased(7)]).toEqual(['done', true, false]);
    expect(table.release(8)).toBe(false);
  });
});
