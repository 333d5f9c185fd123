import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { failureOfCall } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';

class Vault {
  readonly #secret = 7;
  open(): number {
    return this.#secret;
  }
}

/** Functions that cannot run elsewhere are refused here, before anything runs, with the name of what is wrong. */
export function shippingRefusals(place: Place): void {
  describe('a function that cannot be shipped', () => {
    const executor = executorOf(place);

    async function refusal(fn: (item: number) => unknown) {
      const error = await failureOfCall(() => executor().map(fn, [1]));
      expect(error.code).toBe('CANNOT_SHIP');
      expect(error.exitCode).toBe(2);
      expect(error.hint ?? '').not.toBe('');
      return error;
    }

    test('because it captures an instance with private fields', async () => {
      const vault = new Vault();
      expect((await refusal(() => vault.open())).message).toContain('vault');
    });

    test('because it captures a socket', async () => {
      const connection = new Socket();
      expect((await refusal(() => connection.bytesRead)).message).toContain('connection');
    });

    test('because what it captures has such a thing inside: the path is named', async () => {
      const config = { database: { handle: new Socket() } };
      expect((await refusal(() => config.database.handle.bytesRead)).message).toMatch(/config.*database.*handle/);
    });

    test('because it assigns to what it captures', async () => {
      let total = 0;
      const error = await refusal(x => {
        total += x;
      });
      expect(error.message).toContain('total');
      expect(total).toBe(0);
    });

    test('because it is bound, native or a proxy', async () => {
      expect((await refusal(double.bind(null))).message).toMatch(/bound/);
      expect((await refusal(Math.sqrt)).message).toMatch(/native/);
      expect((await refusal(new Proxy(double, {}))).message).toMatch(/prox|native/i);
    });

    test('because it is an arrow that uses `this`', async () => {
      function makeArrow(this: { factor: number }) {
        return (x: number) => x * this.factor;
      }
      expect((await refusal(makeArrow.call({ factor: 2 }))).message).toContain('this');
    });

    test('because it names what is nowhere declared', async () => {
      // The name must reach the runtime, where it is missing; so it is hidden from the compiler.
      const fn = new Function('x', 'return nowhereDeclared(x)') as (x: number) => number;
      expect((await refusal(fn)).message).toContain('nowhereDeclared');
    });

    test('because it is not a function', async () => {
      const error = await failureOfCall(() => executor().map('double' as unknown as (x: number) => number, [1]));
      expect(['USAGE', 'CANNOT_SHIP']).toContain(error.code);
    });

    test.runIf(place.capabilities.sameFiles)(
      'leaves everything as it was: no item is read, no task is run',
      async () => {
        const tally = tallyIn(scratchFolder());
        const connection = new Socket();
        let read = 0;
        function* items(): Generator<string> {
          read += 1;
          yield tally.path;
        }
        const error = await failureOfCall(() => executor().map((path: string) => [path, connection], items()));
        expect(error.code).toBe('CANNOT_SHIP');
        expect([read, tally.lines()]).toEqual([0, []]);
        expect(await executor().map(double, [1])).toEqual([2]);
      },
    );
  });
}
