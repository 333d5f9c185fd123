import { MegalithError } from '@megalith/agent';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withFewerTasks } from './fewer-tasks.js';

const codes = ['OVER_CPUS', 'OVER_MEMORY', 'OVER_BUDGET', 'QUOTA'] as const;

it('gets room for more than half of what there is, or for all that is wanted (property)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 500 }),
      fc.nat(500),
      fc.constantFrom(...codes),
      async (tasks, room, code) => {
        const asked: number[] = [];
        const words: string[] = [];
        const got = withFewerTasks(
          tasks,
          async some => {
            asked.push(some);
            if (some > room) throw new MegalithError(code, `${some} are too many`);
            return some;
          },
          said => words.push(said),
        );
        if (room === 0) await expect(got).rejects.toMatchObject({ code, message: '1 are too many' });
        else {
          const some = await got;
          expect(some).toBeLessThanOrEqual(room);
          if (tasks > room) expect(some * 2).toBeGreaterThanOrEqual(room);
          else expect(asked).toEqual([tasks]);
        }
        expect(words).toHaveLength(asked.length - 1);
      },
    ),
  );
});

it('asks no more where it is not the size that is wrong', async () => {
  let asked = 0;
  const ask = async () => {
    asked++;
    throw new MegalithError('NO_CREDENTIALS', 'who are you?');
  };
  await expect(withFewerTasks(8, ask)).rejects.toMatchObject({ code: 'NO_CREDENTIALS' });
  expect(asked).toBe(1);
});
