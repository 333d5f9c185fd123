import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { type AuditHead, headPath, readHead, segmentPath, writeHead } from './audit-files.js';
import { type ChainedLine, chainLine, checkLine, genesis, type LineFacts, sha256 } from './audit-line.js';

const lineFeed = 0x0a;

/**
 * Adds entries to the log, all of them or none. To be called with the lock in hand; all within one turn of the event loop.
 * @param segmentBytes a file of this length is closed, and the next begun
 * @throws MegalithError JOURNAL_FAILED where the log is not as it was left; what the system says where it can't be written
 */
export function appendLines(folder: string, facts: readonly LineFacts[], segmentBytes: number): readonly ChainedLine[] {
  const { head: settled, torn } = settle(folder, startOf(folder), facts[0]!);
  const head = settled.bytes >= segmentBytes ? nextSegment(folder, settled) : settled;
  const all = torn === undefined ? facts : [torn, ...facts];
  let end: ChainedLine = { ...head, text: '' };
  const lines = all.map(each => {
    end = chainLine(each, end);
    return end;
  });
  const bytes = Buffer.from(lines.map(line => line.text).join(''));
  const file = openSync(segmentPath(folder), 'a', 0o600);
  try {
    writeWhole(file, bytes);
    writeHead(folder, { seq: end.seq, hash: end.hash, segment: head.segment, bytes: head.bytes + bytes.length });
  } catch (error) {
    // Who did not hear that an entry is in must not find it there.
    ftruncateSync(file, head.bytes);
    throw error;
  } finally {
    closeSync(file);
  }
  return torn === undefined ? lines : lines.slice(1);
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

function startOf(folder: string): AuditHead {
  const head = readHead(folder);
  if (head === 'damaged') throw notAsLeft(headPath(folder), 'holds no head of a log');
  if (head !== undefined) return head;
  const log = readdirSync(folder).find(name => /^log\.(\d+\.)?ndjson$/.test(name));
  if (log !== undefined) throw notAsLeft(headPath(folder), `is missing, and "${log}" is there`);
  const start = { seq: 0, hash: genesis, segment: 1, bytes: 0 };
  // Before the first entry: a log without a head is one whose head was taken away.
  writeHead(folder, start);
  return start;
}

interface Settled {
  readonly head: AuditHead;
  readonly torn?: LineFacts;
}

/** What a writer that died left behind the head: whole entries count, and a torn one is cut off, kept aside and noted. */
function settle(folder: string, head: AuditHead, { at, who }: LineFacts): Settled {
  const path = segmentPath(folder);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === head.bytes || (size === undefined && head.bytes === 0)) return { head };
  if (size === undefined && existsSync(segmentPath(folder, head.segment))) return { head: nextHead(folder, head) };
  if (size === undefined || size < head.bytes) throw notAsLeft(path, `is shorter than its ${head.bytes} bytes`);
  const { end, rest } = goOn(path, head, size);
  if (rest.length === 0) return { head: end };
  const aside = join(folder, `torn.${end.seq + 1}.${sha256(rest).slice(0, 8)}`);
  writeFileSync(aside, rest, { mode: 0o600 });
  truncateSync(path, end.bytes);
  const entry = { kind: 'torn', bytes: rest.length, sha256: sha256(rest), file: basename(aside) } as const;
  return { head: end, torn: { entry, at, who } };
}

/** Follows the chain from the head to the last whole entry. */
function goOn(path: string, head: AuditHead, size: number): { readonly end: AuditHead; readonly rest: Uint8Array } {
  const tail = readPart(path, head.bytes, size);
  let end = head;
  let start = 0;
  for (let feed = tail.indexOf(lineFeed); feed !== -1; feed = tail.indexOf(lineFeed, start)) {
    const verdict = checkLine(tail.subarray(start, feed), end);
    if ('what' in verdict) throw notAsLeft(path, `has a line behind its head that ${verdict.what}`);
    end = { ...end, seq: end.seq + 1, hash: verdict.hash, bytes: end.bytes + feed + 1 - start };
    start = feed + 1;
  }
  return { end, rest: tail.subarray(start) };
}

function readPart(path: string, from: number, to: number): Buffer {
  const part = Buffer.alloc(to - from);
  const file = openSync(path, 'r');
  try {
    for (let read = 0; read < part.length; ) {
      const bytes = readSync(file, part, read, part.length - read, from + read);
      if (bytes === 0) return part.subarray(0, read);
      read += bytes;
    }
    return part;
  } finally {
    closeSync(file);
  }
}

function nextSegment(folder: string, head: AuditHead): AuditHead {
  const file = openSync(segmentPath(folder), 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(segmentPath(folder), segmentPath(folder, head.segment));
  return nextHead(folder, head);
}

function nextHead(folder: string, head: AuditHead): AuditHead {
  const next = { ...head, segment: head.segment + 1, bytes: 0 };
  writeHead(folder, next);
  return next;
}

function notAsLeft(path: string, what: string): MegalithError {
  return new MegalithError('JOURNAL_FAILED', `the audit log is not as it was left: "${path}" ${what}`, {
    hint: 'see "megalith audit verify"; to begin a new log, move the folder of the old one away and keep it',
    details: { path },
  });
}
