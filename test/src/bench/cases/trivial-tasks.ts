import { Piscina } from 'piscina';
import type { BenchCase } from '../bench.js';
import { runWorker, wholeOfWorker } from '../measured-process.js';

const piscina = `piscina ${Piscina.version}, same threads`;

/**
 * `x => x + 1` over N items. `work`: from the call to all results, with slots and threads started. `whole`: a fresh
 * process from its start to its end.
 */
export const trivialTasks: readonly BenchCase[] = [1_000, 10_000, 100_000].flatMap(count => {
  const name = `trivial/${count.toLocaleString('en')} tasks`;
  const common = { unit: 'ms', peerName: piscina, runs: count === 100_000 ? 3 : 5 } as const;
  const warm = [String(count), 'warm'];
  const cold = [String(count), 'cold'];
  const peer = () => runWorker('piscina-trivial', warm);
  return [
    { ...common, name: `${name}, work`, ours: () => runWorker('megalith-trivial', [...warm, 'process']), peer },
    {
      ...common,
      name: `${name} in threads, work`,
      ours: () => runWorker('megalith-trivial', [...warm, 'threads']),
      peer,
    },
    {
      ...common,
      name: `${name}, whole`,
      ours: () => wholeOfWorker('megalith-trivial', [...cold, 'process']),
      peer: () => wholeOfWorker('piscina-trivial', cold),
    },
  ];
});
