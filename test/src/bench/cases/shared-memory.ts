import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { BenchCase } from '../bench.js';
import { peakOfWorkerTree } from '../measured-process.js';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

const ways = [
  { way: 'a loader on the machine', measure: () => peakOfWorkerTree('megalith-shared', ['loader']) },
  { way: 'sharedFile', measure: () => withFileOfOnes(path => peakOfWorkerTree('megalith-shared', ['file', path])) },
  {
    way: 'an array of the client (which keeps its own)',
    measure: () => peakOfWorkerTree('megalith-shared', ['client']),
  },
];

/** 1 GiB that 8 tasks read at once: the peak memory of the client and everything below it, against the 1 GiB itself. */
export const sharedMemory: readonly BenchCase[] = ways.map(({ way, measure }) => ({
  name: `shared/1 GiB to 8 tasks, ${way}`,
  unit: 'MiB',
  ours: async () => (await measure()) / mebibyte,
  peer: async () => gibibyte / mebibyte,
  peerName: '1 GiB',
  runs: 3,
}));

/** Gives `use` a file of 1 GiB of the number 1, as 64-bit floats, and removes it. */
async function withFileOfOnes<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'megalith-bench-'));
  try {
    const path = join(folder, 'ones');
    const block = Buffer.from(new Float64Array(mebibyte / 8).fill(1).buffer);
    const file = createWriteStream(path);
    for (let written = 0; written < gibibyte; written += mebibyte) {
      if (!file.write(block)) await once(file, 'drain');
    }
    file.end();
    await finished(file);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
