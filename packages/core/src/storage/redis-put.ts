import { createHash, randomBytes } from 'node:crypto';
import { isMegalithError, type Label } from '@megalith/agent';
import { type BodyPart, bodyParts } from './body-parts.js';
import { alreadyThere } from './key-errors.js';
import type { RedisCalls } from './redis-calls.js';
import type { RedisCommand } from './redis-client.js';
import { freeing, piecesLost, type RedisNames, type RedisRecord, readRecord } from './redis-record.js';

/** Pieces of one put under way at once: what it holds in memory is so many, and one that fills. */
const piecesAtOnce = 4;
/** What is left of a put that failed goes by itself; sooner is better. */
const cleanUpMs = 10_000;

export interface RedisPut {
  readonly key: string;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  readonly label?: Label | undefined;
  readonly ifAbsent: boolean;
  /** In words, for errors. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** Puts pieces that nobody knows of, and then, in one step, the record that makes an object of them. @throws MegalithError ALREADY_THERE */
export async function putInRedis(calls: RedisCalls, names: RedisNames, put: RedisPut): Promise<RedisRecord> {
  const { pieceBytes, draftMs } = calls.tuning;
  const draft = new Draft(calls, names, put);
  const keeping = setInterval(() => draft.keep(), draftMs / 4).unref();
  const parts = bodyParts(put.body, () => pieceBytes);
  const running = new Set<Promise<void>>();
  try {
    let failure: unknown;
    for await (const part of parts) {
      draft.count(part);
      // What fits into a piece goes with its record.
      if (part.isLast && part.number === 1) return await draft.publish(part.bytes);
      if (running.size >= piecesAtOnce) await Promise.race(running);
      if (failure !== undefined) throw failure;
      const sending: Promise<void> = draft
        .send(part)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => running.delete(sending));
      running.add(sending);
    }
    await Promise.all(running);
    if (failure !== undefined) throw failure;
    return await draft.publish();
  } catch (error) {
    await Promise.all(running);
    await draft.discard();
    throw error;
  } finally {
    clearInterval(keeping);
    await parts.return(undefined);
  }
}

class Draft {
  readonly #id = randomBytes(12).toString('hex');
  readonly #hash = createHash('sha256');
  readonly #calls: RedisCalls;
  readonly #names: RedisNames;
  readonly #put: RedisPut;
  #bytes = 0;
  /** Pieces that lie there, or are on their way. */
  #sent = 0;
  /** The record was sent, and nobody has said that it did not arrive: the pieces may be an object's. */
  #mayBeThere = false;

  constructor(calls: RedisCalls, names: RedisNames, put: RedisPut) {
    this.#calls = calls;
    this.#names = names;
    this.#put = put;
  }

  count({ bytes }: BodyPart): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  async send({ number, bytes }: BodyPart): Promise<void> {
    const { draftMs, pieceMs: deadlineMs } = this.#calls.tuning;
    this.#sent = Math.max(this.#sent, number);
    const command = ['SET', this.#names.piece(this.#id, number - 1), asBuffer(bytes), 'PX', String(draftMs)];
    await this.#calls.send(command, { ...this.#limits, deadlineMs });
  }

  /** A put may take its time. */
  keep(): void {
    const { draftMs } = this.#calls.tuning;
    const renewals: RedisCommand[] = this.#pieces.map(piece => ['PEXPIRE', piece, String(draftMs)]);
    // Whether all are there is asked before they become an object.
    this.#calls.sendEach(renewals, this.#limits).catch(() => undefined);
  }

  /** @param only the whole body, where it fits into a piece */
  async publish(only?: Uint8Array): Promise<RedisRecord> {
    const { key, label, ifAbsent, what } = this.#put;
    const { pieceBytes, graceMs, pieceMs: deadlineMs } = this.#calls.tuning;
    const modifiedAt = Date.now();
    const etag = this.#hash.digest('hex');
    const base = { id: this.#id, bytes: this.#bytes, pieceBytes, etag, modifiedAt };
    const record = label === undefined ? base : { ...base, label };
    const name = this.#names.record(key);
    const pieces = this.#pieces;

    const [before, present] = await this.#calls.sendEach(
      [['GET', name], ...(pieces.length === 0 ? [] : [['EXISTS', ...pieces]])],
      this.#limits,
    );
    const old = readRecord(key, before);
    if (ifAbsent && old !== undefined) throw alreadyThere(key, this.#calls.place.url);
    if (pieces.length > 0 && present !== pieces.length) throw piecesLost(key, this.#calls.place.url);

    const made: RedisCommand[] =
      only === undefined
        ? pieces.map(piece => ['PERSIST', piece])
        : only.length === 0
          ? []
          : [['SET', this.#names.piece(this.#id, 0), asBuffer(only)]];
    this.#mayBeThere = true;
    const replies = await this.#step(
      [
        ['GET', name],
        ['SET', name, JSON.stringify(record), ...(ifAbsent ? ['NX'] : [])],
        ['ZADD', this.#names.index, '0', key],
        ...made,
        // In the same step, so that nothing is left of it whenever this client ends.
        ...(old === undefined ? [] : freeing(this.#names, old, graceMs)),
      ],
      deadlineMs,
    );
    const replaced = readRecord(key, replies[0]);
    // The answer to the first try may have been lost, and the second found what the first had put.
    if (replaced === undefined || replaced.id === this.#id) return record;
    if (ifAbsent) {
      this.#mayBeThere = false;
      this.#sent = Math.max(this.#sent, 1);
      throw alreadyThere(key, this.#calls.place.url);
    }
    if (replaced.id !== old?.id) {
      await this.#calls.sendEach(freeing(this.#names, replaced, graceMs), { what, signal: undefined });
    }
    return record;
  }

  /** It failed already, and says why: what can't be removed now goes by itself. */
  async discard(): Promise<void> {
    if (this.#sent === 0 || this.#mayBeThere) return;
    const limits = { what: this.#put.what, deadlineMs: cleanUpMs };
    await this.#calls
      .sendEach(
        this.#pieces.map(piece => ['DEL', piece]),
        limits,
      )
      .catch(() => undefined);
  }

  async #step(commands: readonly RedisCommand[], deadlineMs: number): Promise<readonly unknown[]> {
    try {
      return await this.#calls.atOnce(commands, { ...this.#limits, deadlineMs });
    } catch (error) {
      if (isMegalithError(error) && error.code === 'DISK_FULL') this.#mayBeThere = false;
      throw error;
    }
  }

  get #pieces(): string[] {
    return Array.from({ length: this.#sent }, (_, number) => this.#names.piece(this.#id, number));
  }

  get #limits() {
    return { what: this.#put.what, signal: this.#put.signal };
  }
}

/** The same memory. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
