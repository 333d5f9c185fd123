import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import { appendTask, beginTasks, readTasks, TaskSpan } from './tasks.js';

function frame(items: readonly unknown[]): Buffer {
  const out = new ByteWriter(8);
  beginTasks(out, 5);
  items.forEach((item, index) => {
    appendTask(out, index * 3, 1 + (index % 4), item);
  });
  return out.take();
}

describe('encoded tasks', () => {
  it('are the tasks that were appended, wherever a span is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 20 }), fc.nat(20), fc.nat(20), (items, a, b) => {
        const { job, span } = readTasks(frame(items));
        expect(job).toBe(5);
        const from = Math.min(a, b, items.length);
        const to = Math.min(Math.max(a, b), items.length);
        const cut = span.slice(from, to);
        const again = TaskSpan.parse(cut.bytes);
        expect(again.length).toBe(to - from);
        for (let task = 0; task < again.length; task++) {
          expect(again.indexOf(task)).toBe((from + task) * 3);
          expect(again.attemptOf(task)).toBe(1 + ((from + task) % 4));
          expect(again.itemOf(task)).toEqual(items[from + task]);
        }
        expect(cut.byteLength).toBe(cut.bytes.length);
      }),
    );
  });

  it('leave no trace of an item that cannot travel', () => {
    const out = new ByteWriter();
    beginTasks(out, 1);
    appendTask(out, 0, 1, 'good');
    expect(() => appendTask(out, 1, 1, () => 1)).toThrow('the item is a function');
    appendTask(out, 2, 1, 'also good');
    const { span } = readTasks(out.take());
    expect([span.length, span.indexOf(1), span.itemOf(1)]).toEqual([2, 2, 'also good']);
  });
});
