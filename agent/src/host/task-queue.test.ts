import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../protocol/byte-writer.js';
import { appendTask, beginTasks, readTasks, type TaskSpan } from '../protocol/tasks.js';
import { TaskQueue } from './task-queue.js';

function spanOf(indexes: readonly number[]): TaskSpan {
  const out = new ByteWriter();
  beginTasks(out, 1);
  for (const index of indexes) appendTask(out, index, 1, index);
  return readTasks(out.take()).span;
}

function indexesOf(span: TaskSpan | undefined): number[] {
  return Array.from({ length: span?.length ?? 0 }, (_, task) => (span as TaskSpan).indexOf(task));
}

describe('the task queue', () => {
  it('gives all tasks in order, with those that came back in front, and counts them right', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), count: fc.nat(10) }),
      fc.record({ do: fc.constant('take' as const), count: fc.nat(10) }),
      fc.record({ do: fc.constant('back' as const), count: fc.nat(10) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const queue = new TaskQueue();
        let model: number[] = [];
        let next = 0;
        for (const { do: what, count } of steps) {
          if (what === 'take') {
            const taken = indexesOf(queue.take(count));
            expect(taken.length).toBeLessThanOrEqual(count);
            expect(taken).toEqual(model.splice(0, taken.length));
            continue;
          }
          const indexes = Array.from({ length: count }, () => next++);
          if (what === 'push') {
            queue.push(spanOf(indexes));
            model.push(...indexes);
          } else {
            queue.pushFront(spanOf(indexes));
            model = [...indexes, ...model];
          }
          expect(queue.length).toBe(model.length);
        }
        const rest = queue.clear().flatMap(indexesOf);
        expect(rest).toEqual(model);
        expect([queue.length, queue.byteLength]).toEqual([0, 0]);
      }),
    );
  });

  it('takes single tasks out of the middle', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), fc.uniqueArray(fc.nat(30)), (lengths, chosen) => {
        const queue = new TaskQueue();
        let next = 0;
        for (const length of lengths.slice(0, 5)) queue.push(spanOf(Array.from({ length: length % 8 }, () => next++)));
        const removed = queue.remove(new Set(chosen)).flatMap(indexesOf);
        const kept = queue.clear().flatMap(indexesOf);
        const all = Array.from({ length: next }, (_, index) => index);
        expect(removed.sort((a, b) => a - b)).toEqual(all.filter(index => chosen.includes(index)));
        expect(kept).toEqual(all.filter(index => !chosen.includes(index)));
      }),
    );
  });
});
