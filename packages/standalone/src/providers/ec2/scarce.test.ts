import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isScarce, joinScarce, rememberScarce, type Scarcity, scarceMs, scarceSchema, type Triple } from './scarce.js';

const now = Date.UTC(2026, 10, 21);
const triple: Triple = { market: 'spot', type: 'r6i.large', zone: 'us-east-1a' };
const anyTriple = fc.record({
  market: fc.constantFrom('spot' as const, 'on-demand' as const),
  type: fc.constantFrom('r6i.large', 'x8i.large', 'm6i.large'),
  zone: fc.constantFrom('us-east-1a', 'us-east-1b'),
});

test('what was refused is scarce for three minutes, and nothing else is', () => {
  fc.assert(
    fc.property(fc.array(anyTriple), anyTriple, fc.nat(2 * scarceMs), (refused, asked, laterMs) => {
      const memory = rememberScarce(
        {},
        refused.map(of => ({ of: 'type', ...of })),
        now,
      );
      const wasRefused = refused.some(of => JSON.stringify(of) === JSON.stringify(asked));
      expect(isScarce(memory, asked, now + laterMs)).toBe(wasRefused && laterMs < 180_000);
    }),
  );
});

test.each<[string, Scarcity, boolean[]]>([
  ['a zone', { of: 'zone', market: 'spot', zone: 'us-east-1a' }, [true, true, false, false]],
  ['a quota', { of: 'quota', market: 'spot', code: 'L-34B43A08' }, [true, false, true, false]],
  ['a market', { of: 'market', market: 'spot' }, [true, true, true, false]],
])('%s that is scarce covers all that is in it', (_, scarcity, expected) => {
  const memory = rememberScarce({}, [scarcity], now);
  const asked: Triple[] = [
    triple,
    { ...triple, type: 'x8i.large' },
    { ...triple, zone: 'us-east-1b' },
    { ...triple, market: 'on-demand' },
  ];
  expect(asked.map(of => isScarce(memory, of, now))).toEqual(expected);
});

test('what is over is dropped when something is learnt, so that the file stays small', () => {
  const old = rememberScarce({}, [{ of: 'type', ...triple }], now);
  const next = rememberScarce(old, [{ of: 'market', market: 'on-demand' }], now + scarceMs);
  expect(next).toEqual({ 'on-demand:*:*': now + scarceMs });
});

test('memories survive a file and are joined to the later word', () => {
  const a = rememberScarce({}, [{ of: 'type', ...triple }], now);
  const b = rememberScarce({}, [{ of: 'type', ...triple }], now + 60_000);
  expect(a).toEqual({ 'spot:r6i.large:us-east-1a': now });
  expect(scarceSchema.parse(JSON.parse(JSON.stringify(b)))).toEqual(b);
  expect([joinScarce(a, b), joinScarce(b, a)]).toEqual([b, b]);
  expect(scarceSchema.safeParse({ 'spot:*:*': 'soon' }).success).toBe(false);
});

test('a word from the far future says nothing', () => {
  const memory = rememberScarce({}, [{ of: 'type', ...triple }], now + 3_600_000);
  expect(isScarce(memory, triple, now)).toBe(false);
});
