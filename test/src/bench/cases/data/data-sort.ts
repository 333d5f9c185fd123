import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase } from '../../bench.js';
import { runProgram, wholeOfWorker } from '../../measured-process.js';
import { isInstalled } from '../installed.js';

const mib = 2 ** 20;
const dataBytes = 1024 * mib;
/** Of all tasks together, and of GNU sort. */
const memoryMib = 256;
const lineBytes = 100;
const cores = availableParallelism();

let folder: string | undefined;

/** 1 GiB of lines of 100 bytes, four times what may be in memory at once. Both are measured whole, from start to end of their processes. */
export const dataSort: readonly BenchCase[] = [
  {
    name: `sort/1 GiB of 100-byte lines in ${memoryMib} MiB`,
    unit: 'ms',
    ours: () => wholeOfWorker('megalith-sort', [input(), at('ours'), `${Math.floor(memoryMib / cores)}MiB`]),
    peer: async () => {
      const args = ['-S', `${memoryMib}M`, `--parallel=${cores}`, '-T', at(''), '-o', at('peer'), input()];
      const { wholeMs } = await runProgram('sort', args, '', { env: { LC_ALL: 'C' } });
      // A wrong answer has no time.
      if (existsSync(at('ours'))) await runProgram('cmp', [at('ours'), at('peer')]);
      return wholeMs;
    },
    peerName: `GNU sort -S ${memoryMib}M --parallel=${cores}`,
    runs: 3,
    missing: () => (isInstalled('sort') ? undefined : 'GNU sort is not installed'),
  },
];

export async function endDataSort(): Promise<void> {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

function at(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'megalith-bench-sort-'));
  return join(folder, name);
}

/** Lines of random letters and digits, the same in every run; made when first asked for. */
function input(): string {
  const path = at('in');
  if (existsSync(path)) return path;
  const symbols = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/');
  const chunk = Buffer.alloc(10_000 * lineBytes);
  const fd = openSync(path, 'wx');
  let state = 12_345;
  for (let written = 0; written < dataBytes; written += chunk.length) {
    for (let i = 0; i < chunk.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      chunk[i] = i % lineBytes === lineBytes - 1 ? 0x0a : symbols[state >>> 26]!;
    }
    writeSync(fd, chunk);
  }
  closeSync(fd);
  return path;
}
