import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evenBorders } from './even-borders.js';

const cut = fc.record({
  bytes: fc.nat(5000),
  unitBytes: fc.integer({ min: 1, max: 40 }),
  how: fc.oneof(
    fc.record({ chunkBytes: fc.integer({ min: 1, max: 600 }) }),
    fc.record({ chunks: fc.integer({ min: 1, max: 60 }) }),
    fc.constant({}),
  ),
});

it('parts tile an object, in order, at borders of its records', () => {
  fc.assert(
    fc.property(cut, ({ bytes, unitBytes, how }) => {
      const borders = evenBorders(bytes, { ...how, unitBytes });
      expect(borders[0]).toBe(0);
      for (const [i, start] of borders.entries()) {
        expect(start % unitBytes).toBe(0);
        if (bytes > 0) expect(start).toBeLessThan(borders[i + 1] ?? bytes);
      }
    }),
    { numRuns: 5000 },
  );
});

it.each([
  [10, { chunkBytes: 4 }, [0, 4, 8]],
  [8, { chunkBytes: 4 }, [0, 4]],
  [10, { chunks: 3 }, [0, 3, 6]],
  [2, { chunks: 5 }, [0, 1]],
  [1, { chunks: 5 }, [0]],
  [0, { chunkBytes: 4 }, [0]],
  [10, {}, [0]],
  [100, { chunkBytes: 25, unitBytes: 10 }, [0, 20, 40, 60, 80]],
  [100, { chunkBytes: 5, unitBytes: 10 }, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]],
])('%i bytes with %o begin at %o', (bytes, how, borders) => expect(evenBorders(bytes, how)).toEqual(borders));
