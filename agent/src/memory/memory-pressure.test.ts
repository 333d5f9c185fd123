import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scarceBelowBytes, type TaskMemory, taskToEnd } from './memory-pressure.js';

const gibibyte = 2 ** 30;
const plenty = { usableBytes: 16 * gibibyte, availableBytes: 8 * gibibyte };
const scarce = { usableBytes: 16 * gibibyte, availableBytes: 0.1 * gibibyte };

describe('memory pressure', () => {
  it('ends the task that is furthest over what it asked for', () => {
    const tasks = [
      { id: 'within', rssBytes: 3 * gibibyte, declaredBytes: 4 * gibibyte },
      { id: 'little', rssBytes: 9 * gibibyte, declaredBytes: 8.9 * gibibyte },
      { id: 'much', rssBytes: 2 * gibibyte, declaredBytes: gibibyte },
    ];
    expect(taskToEnd(tasks, plenty)).toEqual({
      id: 'much',
      why: 'over-limit',
      message: 'took 2GiB of memory and had asked for 1GiB',
      hint: 'ask for --memory 3GiB',
    });
  });

  it('ends the largest task that declared nothing when the machine is nearly full', () => {
    const tasks = [
      { id: 1, rssBytes: 9 * gibibyte, declaredBytes: 10 * gibibyte },
      { id: 2, rssBytes: gibibyte },
      { id: 3, rssBytes: 4 * gibibyte },
    ];
    expect(taskToEnd(tasks, plenty)).toBeUndefined();
    expect(taskToEnd(tasks, scarce)).toMatchObject({ id: 3, why: 'machine-full' });
    expect(taskToEnd(tasks.slice(0, 1), scarce)).toBeUndefined();
  });

  it('ends the largest task of all where everything would die together', () => {
    const tasks = [
      { id: 'within', rssBytes: 5 * gibibyte, declaredBytes: 6 * gibibyte },
      { id: 'undeclared', rssBytes: gibibyte },
    ];
    expect(taskToEnd(tasks, { ...plenty, diesWhole: true })).toBeUndefined();
    expect(taskToEnd(tasks, { ...scarce, diesWhole: true })).toEqual({
      id: 'within',
      why: 'machine-full',
      message: 'took 5GiB of memory, the most of all in a sandbox of 16GiB that had only 102.4MiB left',
      hint: 'ask for --memory 8GiB',
    });
  });

  it('calls memory scarce below 2 %, and always below 64 MiB', () => {
    expect(scarceBelowBytes(100 * gibibyte)).toBe(2 * gibibyte);
    expect(scarceBelowBytes(gibibyte)).toBe(64 * 2 ** 20);
  });

  it('never ends a task within what it asked for, and none on a roomy machine that kept to it', () => {
    const bytes = fc.nat({ max: 32 * gibibyte });
    const task = fc.record({ id: fc.nat(), rssBytes: bytes, declaredBytes: fc.option(bytes, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(task), bytes, (list, availableBytes) => {
        const tasks: TaskMemory<number>[] = list.map((task, id) => ({ ...task, id }));
        const verdict = taskToEnd(tasks, { usableBytes: 32 * gibibyte, availableBytes });
        const over = tasks.some(task => task.declaredBytes !== undefined && task.rssBytes > task.declaredBytes);
        if (over) expect(verdict?.why).toBe('over-limit');
        if (!verdict) return;
        const task = tasks[verdict.id]!;
        if (verdict.why === 'over-limit') expect(task.rssBytes).toBeGreaterThan(task.declaredBytes!);
        else {
          expect(task.declaredBytes).toBeUndefined();
          expect(availableBytes).toBeLessThan(scarceBelowBytes(32 * gibibyte));
        }
      }),
    );
  });
});
