import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DoorFacts, whyClosed } from './closed-door.js';

const open: DoorFacts = { draining: false, isShuttingDown: false, drainBeforeEndMs: 300 };

test('a machine takes jobs until shortly before its end', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(5000), (now, expiresAt, drainBeforeEndMs) => {
      const isClosed = whyClosed({ ...open, expiresAt, drainBeforeEndMs }, now) !== undefined;
      expect(isClosed).toBe(expiresAt - now <= drainBeforeEndMs);
    }),
  );
});

test('whatever closes it, a new job may go to another machine', () => {
  const closings: Partial<DoorFacts>[] = [
    { draining: true },
    { isShuttingDown: true },
    { interruption: { action: 'terminate', at: 0 } },
    { expiresAt: 100 },
  ];
  expect(whyClosed(open, 0)).toBeUndefined();
  for (const one of closings) expect(whyClosed({ ...open, ...one }, 0)?.failure.code).toBe('NO_PLACEMENT');
  expect(whyClosed({ ...open, interruption: { action: 'terminate', at: 0 } }, 0)?.reason).toContain(
    'takes this machine back: terminate at 1970-01-01T00:00:00.000Z',
  );
});
