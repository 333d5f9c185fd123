import { Piscina } from 'piscina';
import type { BenchCase } from '../bench.js';
import { runWorker } from '../measured-process.js';

const mebibyte = 2 ** 20;

const ours = (count: number, way: 'for-await' | 'await') => async () =>
  (await runWorker('megalith-client-memory', [String(count), way])) / mebibyte;

/**
 * Peak memory of the client's process over a generator of N items. `for await` should not grow with N, so that its peer at
 * 1,000,000 is itself at 100,000; `await` keeps all the values.
 */
export const clientMemory: readonly BenchCase[] = (['for-await', 'await'] as const).flatMap(way => {
  const spoken = way.replace('-', ' ');
  return [
    {
      name: `client-memory/100,000 items, ${spoken}`,
      unit: 'MiB' as const,
      ours: ours(100_000, way),
      peer: async () => (await runWorker('piscina-client-memory', ['100000'])) / mebibyte,
      peerName: `piscina ${Piscina.version}, 100,000 items`,
      runs: 3,
    },
    {
      name: `client-memory/1,000,000 items, ${spoken}`,
      unit: 'MiB' as const,
      ours: ours(1_000_000, way),
      peer: ours(100_000, way),
      peerName: 'itself, 100,000 items',
      runs: 3,
    },
  ];
});
