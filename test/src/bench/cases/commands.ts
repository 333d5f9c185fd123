import { availableParallelism } from 'node:os';
import type { BenchCase } from '../bench.js';
import { runProgram, runWorker } from '../measured-process.js';
import { megalithMs } from './cli.js';
import { isInstalled } from './installed.js';

const atOnce = String(availableParallelism());
const lines = Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join('');

const ways = [
  { way: 'library', ours: () => runWorker('megalith-commands', ['1000']) },
  { way: '`megalith run --each -`', ours: () => megalithMs(['run', '--each', '-', '--', 'true'], lines) },
];

const peers = [
  { program: 'parallel', peerName: 'GNU parallel', args: ['--will-cite', '-j', atOnce, 'true', '{}'] },
  { program: 'xargs', peerName: `xargs -P${atOnce}`, args: ['-P', atOnce, '-n', '1', 'true'] },
];

/** 1,000 times `true`: what starting and following a command costs. The command line is measured whole. */
export const commands: readonly BenchCase[] = peers.flatMap(({ program, peerName, args }) =>
  ways.map(({ way, ours }) => ({
    name: `commands/1,000 × true, ${way}, and ${program}`,
    unit: 'ms' as const,
    ours,
    peer: async () => (await runProgram(program, args, lines)).wholeMs,
    peerName,
    runs: 3,
    missing: () => (isInstalled(program) ? undefined : `${peerName} is not installed`),
  })),
);
