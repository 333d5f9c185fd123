import { fieldsOf, isLabel, type Label, MegalithError, parsedJson } from '@megalith/agent';
import type { RedisCommand } from './redis-client.js';
import type { RedisPlace } from './redis-place.js';
import type { StoredObject } from './storage.js';

/** What is known of an object, kept under its key. What it is made of lies elsewhere, under the id of its put, and never changes. */
export interface RedisRecord {
  readonly id: string;
  readonly bytes: number;
  readonly pieceBytes: number;
  readonly etag: string;
  readonly modifiedAt: number;
  readonly label?: Label;
}

/** Names of what a store has in Redis. */
export function redisNames({ prefix }: RedisPlace) {
  return {
    /** The keys of all objects, in the order of their bytes: a sorted set in which all have the same score. */
    index: `${prefix}:index`,
    record: (key: string) => `${prefix}:object:${key}`,
    /** From 0. */
    piece: (id: string, number: number) => `${prefix}:data:${id}:${number}`,
  };
}

export type RedisNames = ReturnType<typeof redisNames>;

/** An empty object has none. */
function piecesOf({ bytes, pieceBytes }: RedisRecord): number {
  return Math.ceil(bytes / pieceBytes);
}

/** Frees what an object was made of: at once, or later for the sake of those who read its pieces one after the other. */
export function freeing(names: RedisNames, record: RedisRecord, graceMs: number): RedisCommand[] {
  const count = piecesOf(record);
  const pieces = Array.from({ length: count }, (_, number) => names.piece(record.id, number));
  return count === 1 ? [['DEL', ...pieces]] : pieces.map(piece => ['PEXPIRE', piece, String(graceMs)]);
}

export function storedObject(key: string, { bytes, etag, modifiedAt, label }: RedisRecord): StoredObject {
  return { key, bytes, etag, modifiedAt, ...(label === undefined ? {} : { label }) };
}

/** Undefined where there is none. @throws MegalithError STORE_FAILED for what is none of ours */
export function readRecord(key: string, reply: unknown): RedisRecord | undefined {
  if (reply === null || reply === undefined) return undefined;
  const { id, bytes, pieceBytes, etag, modifiedAt, label } = fieldsOf(parsedJson(String(reply)));
  const isWhole = isCount(bytes) && isCount(pieceBytes) && pieceBytes > 0 && isCount(modifiedAt);
  if (typeof id !== 'string' || typeof etag !== 'string' || !isWhole) {
    const hint = 'something else writes names that begin with the prefix of the store: give the store another prefix';
    throw new MegalithError('STORE_FAILED', `what is known of "${key}" can't be read`, { hint, details: { key } });
  }
  const record = { id, bytes, pieceBytes, etag, modifiedAt };
  if (label === undefined) return record;
  // A label that is none of ours counts as the highest.
  return { ...record, label: isLabel(label) ? label : 'restricted' };
}

export function piecesLost(key: string, url: string): MegalithError {
  return new MegalithError('STORE_FAILED', `${url} has lost a piece of "${key}"`, {
    hint: 'give the server more memory, and `maxmemory-policy noeviction`, so that it forgets nothing by itself',
    details: { key, store: url },
  });
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
