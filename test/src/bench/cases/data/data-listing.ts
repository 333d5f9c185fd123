import type { BenchCase } from '../../bench.js';
import { runWorker } from '../../measured-process.js';

const mebibyte = 2 ** 20;
const million = 1_000_000;

const peakMiB = async (objects: number): Promise<number> =>
  (await runWorker('megalith-listing', [String(objects), 'memory'])) / mebibyte;

/**
 * `data()` over a bucket that lists itself by pages, on loopback, each object mapped by a trivial task here. Beside it the SDK that only lists; and the
 * client's peak memory, which should not grow with the bucket.
 */
export const dataListing: readonly BenchCase[] = [
  {
    name: 'listing/100,000 objects, mapped',
    unit: 'ms',
    ours: () => runWorker('megalith-listing', ['100000', 'time']),
    peer: () => runWorker('sdk-listing', ['100000']),
    peerName: 'the SDK, which only lists',
    runs: 3,
  },
  {
    name: 'listing/1,000,000 objects, mapped',
    unit: 'ms',
    ours: () => runWorker('megalith-listing', [String(million), 'time']),
    peer: () => runWorker('sdk-listing', [String(million)]),
    peerName: 'the SDK, which only lists',
    runs: 1,
  },
  {
    name: 'listing/1,000,000 objects, memory of the client',
    unit: 'MiB',
    ours: () => peakMiB(million),
    peer: () => peakMiB(100_000),
    peerName: 'itself, 100,000 objects',
    runs: 1,
  },
];
