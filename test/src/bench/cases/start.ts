import type { BenchCase } from '../bench.js';
import { runProgram } from '../measured-process.js';
import { megalithMs } from './cli.js';

/** What one command through the command line costs, above Node itself. */
export const start: readonly BenchCase[] = [
  {
    name: 'start/`megalith run -- true`',
    unit: 'ms',
    ours: () => megalithMs(['run', '--', 'true']),
    peer: async () => (await runProgram(process.execPath, ['-e', '0'])).wholeMs,
    peerName: '`node -e 0`',
    runs: 11,
  },
];
