import { Piscina } from 'piscina';
import type { BenchCase } from '../bench.js';
import { runWorker } from '../measured-process.js';

/** One call of a function that captured things, against one call of a function in a file, for which nothing is shipped. */
export const shipping: readonly BenchCase[] = (['first', 'again'] as const).map(when => ({
  name: `shipping/a captured function, ${when === 'first' ? 'first call' : 'called again'}`,
  unit: 'ms',
  ours: () => runWorker('megalith-ship', [when]),
  peer: () => runWorker('piscina-ship', [when]),
  peerName: `piscina ${Piscina.version}, a file`,
  runs: 5,
}));
