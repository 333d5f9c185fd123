import type { BenchCase } from '../../bench.js';
import { runProgram, runWorker, wholeOfWorker, workerPath } from '../../measured-process.js';
import { type LineFile, lineFile } from './line-files.js';

const gibibyte = 2 ** 30;

type Way = 'batches' | 'chunks' | 'lines' | 'json';
type Peer = 'wc' | 'readline' | 'readline-json';

const peers: Readonly<Record<Peer, string>> = {
  wc: 'wc -l of 2 halves at once',
  readline: 'readline of Node, 2 halves at once',
  'readline-json': 'readline of Node and JSON.parse, 2 halves at once',
};

/**
 * Lines of a local file in the page cache, in parts through `map`, against programs that each read one half on the same cores.
 * `work`: from the call to all results, with slots started. `whole`: a fresh process from its start to its end.
 */
export const dataLines: readonly BenchCase[] = [
  linesCase('4 GiB by batches(), work', 7, 'text', 4 * gibibyte, 'batches', 'warm', 'wc'),
  linesCase('4 GiB by batches(), whole', 5, 'text', 4 * gibibyte, 'batches', 'cold', 'wc'),
  linesCase('1 GiB as strings by lineChunks(), work', 3, 'text', gibibyte, 'chunks', 'warm', 'wc'),
  linesCase('1 GiB as strings by lines(), work', 3, 'text', gibibyte, 'lines', 'warm', 'wc'),
  linesCase('1 GiB as strings by lines(), work', 3, 'text', gibibyte, 'lines', 'warm', 'readline'),
  linesCase('512 MiB of JSON by json(), work', 3, 'json', gibibyte / 2, 'json', 'warm', 'readline-json'),
];

function linesCase(
  name: string,
  runs: number,
  kind: 'text' | 'json',
  bytes: number,
  way: Way,
  state: 'warm' | 'cold',
  peer: Peer,
): BenchCase {
  return {
    name: `lines/${name}${peer === 'readline' ? ', beside readline' : ''}`,
    unit: 'ms',
    ours: async () => {
      const { file, lines } = await lineFile(kind, bytes);
      await intoPageCache([file]);
      const args = [file, way, String(lines), state];
      return state === 'warm' ? runWorker('megalith-lines', args) : wholeOfWorker('megalith-lines', args);
    },
    peer: async () => {
      const made = await lineFile(kind, bytes);
      await intoPageCache(made.halves);
      return peerMs(made, peer);
    },
    peerName: peers[peer],
    runs,
  };
}

/** What others read or wrote since may have taken its place there: else the disk is measured. */
async function intoPageCache(files: readonly string[]): Promise<void> {
  for (const file of files) await runProgram('wc', ['-l', file]);
}

/** From the start of both to the end of the last. */
async function peerMs({ halves, lines }: LineFile, peer: Peer): Promise<number> {
  const began = performance.now();
  const outputs = await Promise.all(
    halves.map(half => {
      if (peer === 'wc') return runProgram('wc', ['-l', half]);
      return runProgram(process.execPath, [workerPath('readline-lines'), half, peer === 'readline' ? 'lines' : 'json']);
    }),
  );
  const tookMs = performance.now() - began;
  const counted = outputs.reduce((sum, { stdout }) => sum + Number.parseInt(stdout, 10), 0);
  if (counted !== lines) throw new Error(`${peers[peer]} counted ${counted} lines of ${lines}`);
  return tookMs;
}
