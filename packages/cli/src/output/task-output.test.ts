import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TaskOutput } from './task-output.js';

function written(output: TaskOutput, index: number): string {
  return [...output.take(index)].map(part => `${part.stream}:${Buffer.from(part.bytes).toString()}`).join('|');
}

it('keeps the output of tasks apart, in the order it came', () => {
  const output = new TaskOutput();
  output.add(0, 'stdout', Buffer.from('a'));
  output.add(1, 'stdout', Buffer.from('x'));
  output.add(0, 'stderr', Buffer.from('b'));
  output.add(0, 'stdout', Buffer.from('c'));
  expect(written(output, 0)).toBe('stdout:a|stderr:b|stdout:c');
  expect(written(output, 0)).toBe('');
  expect(written(output, 1)).toBe('stdout:x');
  output.close();
});

it('drops what an attempt wrote that is tried again', () => {
  const output = new TaskOutput();
  output.add(0, 'stdout', Buffer.from('first'));
  output.discard(0);
  output.add(0, 'stdout', Buffer.from('second'));
  expect(written(output, 0)).toBe('stdout:second');
  output.close();
});

it('gives back every byte, whether it went through memory or through the file', () => {
  const write = fc.tuple(fc.nat(3), fc.uint8Array({ minLength: 1, maxLength: 20 }));
  fc.assert(
    fc.property(fc.array(fc.oneof(write, fc.nat(3))), fc.nat(60), (steps, memoryBytes) => {
      const output = new TaskOutput(memoryBytes);
      const expected = new Map<number, number[]>();
      for (const step of steps) {
        if (typeof step === 'number') {
          expect([...output.take(step)].flatMap(part => [...part.bytes])).toEqual(expected.get(step) ?? []);
          expected.delete(step);
        } else {
          output.add(step[0], 'stdout', step[1]);
          expected.set(step[0], [...(expected.get(step[0]) ?? []), ...step[1]]);
        }
      }
      for (const [index, bytes] of expected)
        expect([...output.take(index)].flatMap(part => [...part.bytes])).toEqual(bytes);
      output.close();
    }),
  );
});
