import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission } from './admission.js';

const requirements = fc.record({
  cpus: fc.double({ min: 0.1, max: 8, noNaN: true }),
  memoryBytes: fc.nat(1000),
  graceMs: fc.constant(0),
});

describe('admission', () => {
  it('never lets the sum over running tasks exceed the machine', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(requirements, fc.boolean()), { maxLength: 50 }), steps => {
        const capacity = { cpus: 8, memoryBytes: 2000 };
        const admission = new Admission(capacity);
        const running: { cpus: number; memoryBytes: number; graceMs: number }[] = [];
        for (const [wanted, leaves] of steps) {
          const first = leaves ? running.shift() : undefined;
          if (first !== undefined) admission.give(first);
          if (admission.fits(wanted)) {
            admission.take(wanted);
            running.push(wanted);
          }
          expect(running.reduce((sum, one) => sum + one.cpus, 0)).toBeLessThanOrEqual(capacity.cpus + 1e-6);
          expect(running.reduce((sum, one) => sum + one.memoryBytes, 0)).toBeLessThanOrEqual(capacity.memoryBytes);
        }
      }),
    );
  });

  it('says how many fit an empty machine', () => {
    const admission = new Admission({ cpus: 8, memoryBytes: 1000 });
    expect(admission.slots({ cpus: 1, graceMs: 0 })).toBe(8);
    expect(admission.slots({ cpus: 0.1, graceMs: 0 })).toBe(80);
    expect(admission.slots({ cpus: 1, memoryBytes: 300, graceMs: 0 })).toBe(3);
  });
});
