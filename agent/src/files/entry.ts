import type { Stats } from 'node:fs';
import { MegalithError } from '../errors.js';
import type { ByteWriter } from '../protocol/byte-writer.js';
import { isSafeName } from './safe-path.js';

/** Where an entry stands: at the top of one of the trees, or under a name in a folder listed before. */
export type EntryPlace = { readonly tree: number } | { readonly folder: number; readonly name: Buffer };

/** One thing of a tree. Its index is its position in the list; the wire needs no paths, and can express no way out. */
export type Entry = { readonly place: EntryPlace } & (
  | { readonly kind: 'folder'; readonly mode: number; readonly mtimeUs: number }
  | { readonly kind: 'file'; readonly mode: number; readonly mtimeUs: number; readonly size: number }
  | { readonly kind: 'link'; readonly target: Buffer }
  /** What can't travel, in words; the rest does. */
  | { readonly kind: 'problem'; readonly problem: FileProblem }
);

export interface FileProblem {
  readonly code: 'NOT_FOUND' | 'USAGE';
  readonly message: string;
}

const kinds = ['folder', 'file', 'link', 'problem'] as const;
/** Of a folder's index: what is at the top of a tree has the tree's number with this bit. */
const topMark = 0x8000_0000;
const headLength = 25;

/** Permissions that travel: who may read, write and execute. Setuid, setgid and sticky bits do not. */
export const modeMask = 0o777;

/**
 * A file's time in whole microseconds. Node sets times as a floating number of seconds, which at today's dates is exact
 * to a quarter of one.
 */
export function mtimeUsOf(stats: Stats): number {
  return Math.floor(stats.mtimeMs * 1000);
}

/** The number of seconds that makes a file's `mtimeUsOf` this: the middle of the microsecond survives the rounding. */
export function secondsOf(mtimeUs: number): number {
  return (mtimeUs + 0.5) / 1e6;
}

/** Appends: u8 kind, u32 place, u16 mode, f64 mtime, f64 size, u16 name length, then name, then the rest as u16 length and bytes. */
export function writeEntry(writer: ByteWriter, entry: Entry): void {
  const name = 'tree' in entry.place ? Buffer.alloc(0) : entry.place.name;
  const rest =
    entry.kind === 'link'
      ? entry.target
      : entry.kind === 'problem'
        ? Buffer.from(`${entry.problem.code} ${entry.problem.message}`).subarray(0, 8_000)
        : Buffer.alloc(0);
  const at = writer.reserve(headLength + name.length + 2 + rest.length);
  const { view, bytes } = writer;
  view.setUint8(at, kinds.indexOf(entry.kind));
  view.setUint32(at + 1, 'tree' in entry.place ? topMark + entry.place.tree : entry.place.folder, true);
  view.setUint16(at + 5, 'mode' in entry ? entry.mode : 0, true);
  view.setFloat64(at + 7, 'mtimeUs' in entry ? entry.mtimeUs : 0, true);
  view.setFloat64(at + 15, entry.kind === 'file' ? entry.size : 0, true);
  view.setUint16(at + 23, name.length, true);
  bytes.set(name, at + headLength);
  view.setUint16(at + headLength + name.length, rest.length, true);
  bytes.set(rest, at + headLength + name.length + 2);
}

/** The entries of a frame. @throws MegalithError PROTOCOL for anything that no honest sender makes */
export function* readEntries(payload: Buffer): Generator<Entry> {
  let at = 0;
  const need = (count: number): number => {
    const start = at;
    at += count;
    if (at > payload.length) throw malformed('it ends in the middle');
    return start;
  };
  while (at < payload.length) {
    const head = need(headLength);
    const kind = kinds[payload[head]!];
    const owner = payload.readUInt32LE(head + 1);
    const mode = payload.readUInt16LE(head + 5) & modeMask;
    const mtimeUs = timeOf(payload, head + 7);
    const size = sizeOf(payload, head + 15);
    const nameLength = payload.readUInt16LE(head + 23);
    const name = payload.subarray(need(nameLength), at);
    const restLength = payload.readUInt16LE(need(2));
    const rest = payload.subarray(need(restLength), at);
    if (owner < topMark && !isSafeName(name)) throw malformed('a name in it would lead out of its folder');
    if (owner >= topMark && nameLength > 0) throw malformed('the top of a tree has a name');
    const place = owner >= topMark ? { tree: owner - topMark } : { folder: owner, name };
    if (kind === 'folder') yield { place, kind, mode, mtimeUs };
    else if (kind === 'file') yield { place, kind, mode, mtimeUs, size };
    else if (kind === 'link') {
      if (restLength === 0 || rest.includes(0)) throw malformed('a link in it leads nowhere');
      yield { place, kind, target: rest };
    } else if (kind === 'problem') yield { place, kind, problem: problemOf(rest) };
    else throw malformed('it holds an entry of an unknown kind');
  }
}

/** @throws MegalithError PROTOCOL */
export function sizeOf(payload: Buffer, at: number): number {
  const size = payload.readDoubleLE(at);
  if (!Number.isSafeInteger(size) || size < 0) throw malformed('a size in it is no size');
  return size;
}

/** @throws MegalithError PROTOCOL */
export function timeOf(payload: Buffer, at: number): number {
  const mtimeUs = payload.readDoubleLE(at);
  if (!Number.isSafeInteger(mtimeUs)) throw malformed('a time in it is no time');
  return mtimeUs;
}

function problemOf(rest: Buffer): FileProblem {
  const text = rest.toString().replace(/\p{Cc}/gu, '?');
  const message = text.slice(text.indexOf(' ') + 1);
  return { code: text.startsWith('NOT_FOUND ') ? 'NOT_FOUND' : 'USAGE', message };
}

function malformed(why: string): MegalithError {
  return new MegalithError('PROTOCOL', `the other side's list of files is refused: ${why}`, {
    hint: 'see that both sides run the same version, and that the machine is one you trust',
  });
}
