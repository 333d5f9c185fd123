import { type FileHandle, open } from 'node:fs/promises';
import { unlessMissing } from '@megalith/agent';
import { readHead, segmentPath } from './audit-files.js';

const chunkBytes = 2 ** 17;
/** No entry comes near it: what is longer without a line feed is none. */
const longestLine = 16 * 2 ** 20;
const lineFeed = 0x0a;

/** What was read of a segment at a time. */
export interface Lines {
  /** The name of the file. */
  readonly path: string;
  /** The number in the file of the first of them, counted from 1. */
  readonly first: number;
  /** Without their line feeds; only until the next are read. */
  readonly lines: readonly Buffer[];
  /** At the end of a segment: bytes behind its last line feed. */
  readonly rest?: Buffer;
  /** It is the newest segment. */
  readonly isNewest: boolean;
}

/**
 * The lines of the log as it was when the reading began, or a little later, in the order in which they were written. Writers may go on
 * meanwhile. Memory does not grow with the log. A segment that is missing is left out.
 */
export async function* auditLines(folder: string, segments: number): AsyncGenerator<Lines, void, undefined> {
  for (let segment = 1; segment <= segments; segment++) {
    const isNewest = segment === segments;
    const found = await (isNewest ? openNewest(folder, segment) : openIfThere(segmentPath(folder, segment)));
    if (found === undefined) continue;
    try {
      yield* linesOf(found.file, found.path, isNewest);
    } finally {
      await found.file.close();
    }
  }
}

interface Opened {
  readonly file: FileHandle;
  readonly path: string;
}

/** A writer may close the newest segment, and with that rename it, while it is looked for. */
async function openNewest(folder: string, segment: number): Promise<Opened | undefined> {
  const newest = await openIfThere(segmentPath(folder));
  const head = readHead(folder);
  if (head === undefined || head === 'damaged' || head.segment <= segment) return newest;
  await newest?.file.close();
  return await openIfThere(segmentPath(folder, segment));
}

async function openIfThere(path: string): Promise<Opened | undefined> {
  const file = await unlessMissing(open(path, 'r'));
  return file && { file, path };
}

async function* linesOf(file: FileHandle, path: string, isNewest: boolean): AsyncGenerator<Lines, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let first = 1;
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, null);
    if (bytesRead === 0) break;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let feed = bytes.indexOf(lineFeed); feed !== -1; feed = bytes.indexOf(lineFeed, start)) {
      lines.push(bytes.subarray(start, feed));
      start = feed + 1;
    }
    rest = bytes.subarray(start);
    yield { path, first, lines, isNewest };
    first += lines.length;
    if (rest.length > longestLine) break;
  }
  yield { path, first, lines: [], rest, isNewest };
}
