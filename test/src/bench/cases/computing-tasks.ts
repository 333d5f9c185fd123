import { Piscina } from 'piscina';
import type { BenchCase } from '../bench.js';
import { runWorker } from '../measured-process.js';

/** Tasks that only compute: nothing to win, and nothing may be lost. */
export const computingTasks: readonly BenchCase[] = [
  {
    name: 'computing/16 tasks of 2,500,000 draws, work',
    unit: 'ms',
    ours: () => runWorker('megalith-circle', []),
    peer: () => runWorker('piscina-circle', []),
    peerName: `piscina ${Piscina.version}, same threads`,
    runs: 5,
  },
];
