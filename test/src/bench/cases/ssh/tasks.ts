import type { BenchCase } from '../../bench.js';
import { runWorker } from '../../measured-process.js';
import { benchHosts } from './bench-hosts.js';

/** `x => x + 1` over N items, both backends warm, and the latency of a single call. */
export const tasks: readonly BenchCase[] = [
  ...[10_000, 100_000].map(
    (count): BenchCase => ({
      name: `tasks/${count.toLocaleString('en')} trivial tasks`,
      unit: 'ms',
      ours: () => onHost(String(count)),
      peer: () => runWorker('megalith-places', ['local', String(count)]),
      peerName: 'the local backend',
      runs: 7,
    }),
  ),
  {
    name: 'tasks/one call, warm, the median of 51',
    unit: 'ms',
    ours: () => onHost('call'),
    peer: () => runWorker('megalith-places', ['local', 'call']),
    peerName: 'the local backend',
    runs: 5,
  },
];

async function onHost(what: string): Promise<number> {
  const { homes, warm } = await benchHosts();
  return runWorker('megalith-places', ['standalone', what, homes.one, warm.name]);
}
