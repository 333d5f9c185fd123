import { hash as hashOf } from 'node:crypto';
import type { AuditEntry, TornEntry } from './audit-entry.js';

/** What the first entry follows. */
export const genesis = '0'.repeat(64);

/** Where a chain stands: its last entry, or the genesis. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

export interface LineFacts {
  readonly entry: AuditEntry | TornEntry;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly who: string;
}

export interface ChainedLine extends ChainEnd {
  /** With its line feed. */
  readonly text: string;
}

/** Bytes of `,"hash":"…"}` at the end of each line. */
const hashPart = 75;
/** Bytes of `,"prev":"…"` in front of it. */
const prevPart = 74;
const comma = 0x2c;
const closingBrace = 0x7d;

/**
 * The line that follows the end of a chain: JSON without spaces, `seq, at, kind, who`, then the facts with their keys in order, `prev` and `hash`.
 * The hash is the SHA-256 of the line as it would be without its `hash`, so that not a byte of it can change unseen.
 */
export function chainLine({ entry: { kind, ...facts }, at, who }: LineFacts, after: ChainEnd): ChainedLine {
  const seq = after.seq + 1;
  const members = [
    `"seq":${seq}`,
    `"at":${JSON.stringify(new Date(at).toISOString())}`,
    `"kind":${JSON.stringify(kind)}`,
    `"who":${JSON.stringify(who)}`,
    ...membersOf(facts),
    `"prev":"${after.hash}"`,
  ];
  const body = members.join(',');
  const hash = sha256(Buffer.from(`{${body}}`));
  return { text: `{${body},"hash":"${hash}"}\n`, seq, hash };
}

export type LineVerdict = { readonly hash: string } | { readonly what: string };

/** Whether a line, without its line feed, follows the end of a chain; else what is wrong, as the end of a sentence. */
export function checkLine(line: Uint8Array, after: ChainEnd): LineVerdict {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const end = bytes.length - hashPart;
  const seq = /^\{"seq":(\d{1,16}),/.exec(bytes.toString('latin1', 0, 24))?.[1];
  const written = /^,"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/.exec(
    bytes.toString('latin1', Math.max(0, end - prevPart)),
  );
  if (seq === undefined || written === null) return { what: 'is not an entry of the log, or not a whole one' };
  const [, prev, hash] = written;
  // The text without its hash, in place: a comma there becomes the brace that ends it.
  bytes[end] = closingBrace;
  const actual = sha256(bytes.subarray(0, end + 1));
  bytes[end] = comma;
  if (actual !== hash) return { what: 'was changed after it was written' };
  const expected = after.seq + 1;
  if (Number(seq) > expected)
    return { what: `is entry ${seq}: ${entries(expected, Number(seq) - 1)} missing before it` };
  if (Number(seq) < expected) return { what: `is entry ${seq}, and stands where entry ${expected} should be` };
  return prev === after.hash ? { hash } : { what: 'does not follow from the entry before it' };
}

export function sha256(bytes: Uint8Array): string {
  return hashOf('sha256', bytes, 'hex');
}

function entries(first: number, last: number): string {
  return first === last ? `entry ${first} is` : `entries ${first} to ${last} are`;
}

/** Keys in order, at every depth; what is undefined is left out. */
function membersOf(object: object): string[] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) return `{${membersOf(value).join(',')}}`;
  return JSON.stringify(value);
}
