import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

export interface LineFile {
  readonly file: string;
  /** The same bytes as two files, for programs that can't read a part of one. */
  readonly halves: readonly [string, string];
  readonly lines: number;
}

const blockBytes = 64 * 2 ** 20;
const made = new Map<string, Promise<LineFile>>();
let folder: Promise<string> | undefined;

/** Lines of 1 to 25 words, 75 bytes long on average; with `json`, each in an object. Made once in a run; whole, it stays in the page cache. */
export function lineFile(kind: 'text' | 'json', bytes: number): Promise<LineFile> {
  const name = `${kind}-${bytes / 2 ** 20}`;
  const file = made.get(name) ?? makeLineFile(name, kind, bytes);
  made.set(name, file);
  return file;
}

export async function removeLineFiles(): Promise<void> {
  if (folder !== undefined) await rm(await folder, { recursive: true });
  folder = undefined;
  made.clear();
}

async function makeLineFile(name: string, kind: 'text' | 'json', bytes: number): Promise<LineFile> {
  folder ??= mkdtemp(join(tmpdir(), 'megalith-bench-'));
  const file = join(await folder, name);
  const halves = [`${file}.1`, `${file}.2`] as const;
  const block = lineBlock(kind);
  const blocks = bytes / blockBytes;
  await writeTimes(file, block.bytes, blocks);
  for (const half of halves) await writeTimes(half, block.bytes, blocks / 2);
  return { file, halves, lines: block.lines * blocks };
}

async function writeTimes(path: string, bytes: Buffer, times: number): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < times; i++) if (!file.write(bytes)) await once(file, 'drain');
  file.end();
  await finished(file);
}

/** Whole lines, the last one as long as it must be. */
function lineBlock(kind: 'text' | 'json'): { readonly bytes: Buffer; readonly lines: number } {
  const bytes = Buffer.alloc(blockBytes, ' ');
  const draw = draws();
  const word = (): string => Math.floor(draw() * 1e7).toString(36);
  let lines = 0;
  let at = 0;
  while (at < blockBytes - 1024) {
    const words = Array.from({ length: 1 + Math.floor(draw() * 25) }, word).join(' ');
    const line = kind === 'text' ? words : `{"id":${lines},"bytes":${words.length},"words":"${words}"}`;
    at += bytes.write(`${line}\n`, at);
    lines++;
  }
  // Spaces follow, up to the end.
  if (kind === 'json') bytes.write('{"bytes":0}', at);
  bytes[blockBytes - 1] = 10;
  return { bytes, lines: lines + 1 };
}

/** Of a linear congruence, so that each run has the same file. */
function draws(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}
