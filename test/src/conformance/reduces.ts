import { describe, expect, test } from 'vitest';
import { eventually } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { addPair, sum } from './tasks/arithmetic.js';
import { passGate } from './tasks/gate.js';
import { recordAndSum, type WordCount, wordCount } from './tasks/words.js';

/** Map and reduce, in memory; over stored objects it belongs to the data backends. */
export function reduces(place: Place): void {
  describe('a map with a reduce', () => {
    const executor = executorOf(place);

    test('reduces the values of the map', async () => {
      const pairs: [number, number][] = [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ];
      expect(await executor().mapReduce(addPair, pairs, sum)).toBe(20);
    });

    test('gives the values to the reduce in the order of the items', async () => {
      const linger = async (ms: number) => {
        await new Promise(resolve => setTimeout(resolve, ms));
        return ms;
      };
      expect(await executor().mapReduce(linger, [60, 0, 30], (values: readonly number[]) => values.join())).toBe(
        '60,0,30',
      );
    });

    test('of nothing reduces an empty list', async () => {
      expect(await executor().mapReduce(addPair, [] as [number, number][], sum)).toBe(0);
    });

    test('takes a lazy input', async () => {
      function* numbers(): Generator<number> {
        for (let i = 1; i <= 100; i++) yield i;
      }
      expect(await executor().mapReduce((x: number) => x * x, numbers(), sum)).toBe(338_350);
    });

    test('counts words per key, one reduce a key', async () => {
      const texts = [
        { book: 'a', text: 'one two two' },
        { book: 'b', text: 'three' },
        { book: 'a', text: 'two' },
      ];
      const counts = await executor().mapReduce(wordCount, texts, mergeCounts, { reduceBy: item => item.book });
      expect(counts).toEqual(
        new Map([
          ['a', { words: 4 }],
          ['b', { words: 1 }],
        ]),
      );
    });

    test.runIf(place.capabilities.sameFiles)(
      'fails with the failure of the map, and never reduces what is not whole',
      async () => {
        const tally = tallyIn(scratchFolder());
        const job = executor().mapReduce(
          ({ x, path }: { x: number; path: string }) => {
            if (x === 2) throw new Error('no second page');
            return { value: x, path };
          },
          [1, 2, 3].map(x => ({ x, path: tally.path })),
          recordAndSum,
        );
        expect((await failureOf(job)).message).toContain('no second page');
        expect(tally.lines()).toEqual([]);
      },
    );

    test('fails with the failure of the reduce', async () => {
      const error = await failureOf(
        executor().mapReduce(addPair, [[1, 1]] as [number, number][], (): number => {
          throw new Error('cannot add');
        }),
      );
      expect(error.code).toBe('THREW');
      expect(error.message).toContain('cannot add');
    });

    test.runIf(place.capabilities.sameFiles)('holds no worker for the reduce while the maps run', async () => {
      const folder = scratchFolder();
      const gate = gateIn(folder);
      const tally = tallyIn(folder);
      const slots = (await executor().plan()).chosen?.slots ?? 1;
      // As many maps as run at once, and one more: they all pass only if nothing else sits in a slot.
      const items = Array.from({ length: slots + 1 }, (_, value) => ({ gate: gate.path, tally: tally.path, value }));
      const reduced = executor().mapReduce(passGate, items, sum);
      await eventually('the processors are full', () => tally.lines().length === slots);
      gate.open();
      expect(await reduced).toBe((slots * (slots + 1)) / 2);
    });
  });
}

function mergeCounts(counts: readonly WordCount[]): WordCount {
  return { words: counts.reduce((total, { words }) => total + words, 0) };
}
