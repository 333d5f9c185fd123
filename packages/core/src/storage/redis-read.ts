import { MegalithError } from '@megalith/agent';
import { within } from './byte-range.js';
import { cancelled } from './in-time.js';
import { notFound } from './key-errors.js';
import type { RedisCalls } from './redis-calls.js';
import { piecesLost, type RedisNames, type RedisRecord, readRecord, storedObject } from './redis-record.js';
import type { ByteRange, StoredBytes } from './storage.js';

/** Times in a row that an object may be replaced between the look at it and its first piece. */
const vainTries = 5;

export interface RedisRead {
  readonly key: string;
  readonly range?: ByteRange | undefined;
  /** In words, for errors. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** A part of one piece. */
interface Stretch {
  readonly number: number;
  readonly start: number;
  readonly length: number;
}

/** Brings the record and the first piece, and the others as they are read, one ahead. @throws MegalithError NOT_FOUND */
export async function readFromRedis(calls: RedisCalls, names: RedisNames, read: RedisRead): Promise<StoredBytes> {
  const { key, range, what, signal } = read;
  const { pieceMs: deadlineMs } = calls.tuning;
  const url = calls.place.url;

  const look = async () => readRecord(key, await calls.send(['GET', names.record(key)], { what, signal }));
  const piece = async (id: string, { number, start, length }: Stretch): Promise<Buffer | undefined> => {
    const command = ['GETRANGE', names.piece(id, number), String(start), String(start + length - 1)];
    const reply = await calls.send(command, { what, signal, deadlineMs });
    return Buffer.isBuffer(reply) && reply.length === length ? reply : undefined;
  };

  async function* chunks(id: string, first: Buffer | undefined, stretches: readonly Stretch[]) {
    let next: Promise<Buffer | undefined> | undefined = Promise.resolve(first);
    for (const [at] of stretches.entries()) {
      const bytes = await next;
      if (bytes === undefined) throw (await look())?.id === id ? piecesLost(key, url) : changed(key, url);
      const following = stretches[at + 1];
      next = following && piece(id, following);
      // Whoever leaves in the middle does not wait for it.
      next?.catch(() => undefined);
      yield bytes;
      if (signal?.aborted) throw cancelled(what, signal);
    }
  }

  for (let tries = 1; ; tries++) {
    const record = await look();
    if (record === undefined) throw notFound(key, url);
    const stretches = stretchesOf(record, range);
    const [begin] = stretches;
    const first = begin && (await piece(record.id, begin));
    if (begin === undefined || first !== undefined) {
      return {
        object: storedObject(key, record),
        [Symbol.asyncIterator]: () => chunks(record.id, first, stretches),
      };
    }
    // It was replaced since, or removed, unless it is still the same.
    if ((await look())?.id === record.id) throw piecesLost(key, url);
    if (tries >= vainTries) throw changed(key, url);
  }
}

function stretchesOf(record: RedisRecord, range: ByteRange | undefined): Stretch[] {
  const { bytes, pieceBytes } = record;
  const { start, length } = within(range, bytes);
  const stretches: Stretch[] = [];
  for (let at = start; at < start + length; ) {
    const inPiece = at % pieceBytes;
    const taken = Math.min(pieceBytes - inPiece, start + length - at);
    stretches.push({ number: Math.floor(at / pieceBytes), start: inPiece, length: taken });
    at += taken;
  }
  return stretches;
}

function changed(key: string, url: string): MegalithError {
  return new MegalithError('DATA_CHANGED', `"${key}" in ${url} was replaced or removed while it was read`, {
    hint: 'read it again',
    details: { key, store: url },
  });
}
