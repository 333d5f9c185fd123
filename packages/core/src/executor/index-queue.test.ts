import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndexQueue } from './index-queue.js';

it('gives indexes in the order in which they came, however pushes and shifts alternate', () => {
  const step = fc.oneof(fc.nat(1e9), fc.constant('shift' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), steps => {
      const queue = new IndexQueue();
      const model: number[] = [];
      for (const each of steps) {
        if (each === 'shift') expect(queue.shift()).toBe(model.shift());
        else {
          queue.push(each);
          model.push(each);
        }
        expect(queue.length).toBe(model.length);
      }
    }),
  );
});
