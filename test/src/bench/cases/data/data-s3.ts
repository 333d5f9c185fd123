import type { BenchCase } from '../../bench.js';
import { runWorker } from '../../measured-process.js';
import { isInstalled } from '../installed.js';
import { s3Environment, s3Program, s3Server } from './s3-server.js';

/** One object of 1 GiB out of a server on loopback, which shares the processors: in parts through `map`, with slots started, and copied by one process. */
export const dataS3: readonly BenchCase[] = [
  s3Case('1 GiB in parts of 16 MiB by stream(), work', 'map'),
  s3Case('1 GiB by one process, work', 'read'),
];

function s3Case(name: string, way: 'map' | 'read'): BenchCase {
  return {
    name: `s3/${name}`,
    unit: 'ms',
    ours: () => worker('megalith-s3', [way]),
    peer: () => worker('sdk-s3', []),
    peerName: "AWS's SDK, 16 ranges of 8 MiB at once",
    runs: 5,
    missing: () => (isInstalled(s3Program) ? undefined : `${s3Program} is not installed`),
  };
}

async function worker(name: string, more: readonly string[]): Promise<number> {
  Object.assign(process.env, s3Environment);
  const { endpoint, url, bytes } = await s3Server();
  return await runWorker(name, [endpoint, url, String(bytes), ...more]);
}
