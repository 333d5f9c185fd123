import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf, parsedJson, unlessMissingSync } from '@megalith/agent';
import type { ChainEnd } from './audit-line.js';

/** Room for any head, so that one is written over another in one piece. */
const headBytes = 256;
/** A head that somebody is just writing is read again, and so often at most. */
const mostLooks = 100;

/** How far the log goes: written after each entry, so that a log whose end was cut off does not pass for a whole one. */
export interface AuditHead extends ChainEnd {
  /** Of the file that is written now; counts from 1. */
  readonly segment: number;
  /** Its length. */
  readonly bytes: number;
}

export function auditFolder(home: string): string {
  return join(home, 'audit');
}

/** The file that is written now, or one that is full: those have their number in their names. */
export function segmentPath(folder: string, segment?: number): string {
  return join(folder, segment === undefined ? 'log.ndjson' : `log.${segment}.ndjson`);
}

export function headPath(folder: string): string {
  return join(folder, 'head');
}

/** Undefined where there is none; `damaged` for a file that holds none. */
export function readHead(folder: string): AuditHead | 'damaged' | undefined {
  const text = unlessMissingSync(() => settledText(headPath(folder)));
  if (text === undefined) return undefined;
  const value = parsedJson(text);
  return isHead(value) ? value : 'damaged';
}

/** Who only reads does not wait for the lock: two looks that agree are no look at half a write. */
function settledText(path: string): string {
  let text = readFileSync(path, 'utf8');
  for (let looks = 1; looks < mostLooks; looks++) {
    const again = readFileSync(path, 'utf8');
    if (again === text) break;
    text = again;
  }
  return text;
}

/** In place: another file put in its place would make the disk write, which takes a hundred times as long. */
export function writeHead(folder: string, { seq, hash, segment, bytes }: AuditHead): void {
  const text = `${JSON.stringify({ seq, hash, segment, bytes }).padEnd(headBytes - 1)}\n`;
  const file = openSync(headPath(folder), constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    writeSync(file, text, 0);
  } finally {
    closeSync(file);
  }
}

function isHead(value: unknown): value is AuditHead {
  const { seq, hash, segment, bytes } = fieldsOf(value);
  return isCount(seq) && isCount(segment) && isCount(bytes) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
