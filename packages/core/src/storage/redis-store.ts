import { bodyChunks } from './body-chunks.js';
import { requireRange } from './byte-range.js';
import { requireKey, requirePrefix } from './object-key.js';
import { RedisCalls } from './redis-calls.js';
import { redisTuning } from './redis-client.js';
import { redisPlace } from './redis-place.js';
import { putInRedis } from './redis-put.js';
import { readFromRedis } from './redis-read.js';
import { freeing, type RedisNames, readRecord, redisNames, storedObject } from './redis-record.js';
import type { PutOptions, ReadOptions, Storage, StoredBytes, StoredObject } from './storage.js';

/** Of one listing's request, and of one removal's. */
const keysAtOnce = 1000;
/** Many listings are short. */
const keysAtFirst = 100;

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store in the memory of a server that speaks Redis' protocol, for what lives no longer than its jobs. It signs no URLs: only who reaches the
 * server and has its password reads and writes there. What a client that died was putting goes by itself within an hour.
 */
export class RedisStore implements Storage {
  readonly url: string;
  readonly #calls: RedisCalls;
  readonly #names: RedisNames;

  /**
   * @param url may have user and password, which are shown nowhere; without them REDIS_USERNAME and REDIS_PASSWORD count
   * @throws MegalithError CONFIG for a URL that names no database
   */
  constructor(url: string, tuning = redisTuning) {
    const place = redisPlace(url);
    this.url = place.url;
    this.#calls = new RedisCalls(place, tuning);
    this.#names = redisNames(place);
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    { label, ifAbsent = false, signal }: PutOptions = {},
  ): Promise<StoredObject> {
    requireKey(key);
    const what = `to put "${key}"`;
    const given = body instanceof Uint8Array ? body : bodyChunks(body, what, signal);
    const put = { key, body: given, label, ifAbsent, what, signal };
    return storedObject(key, await putInRedis(this.#calls, this.#names, put));
  }

  async get(key: string, { range, signal }: ReadOptions = {}): Promise<StoredBytes> {
    requireKey(key);
    if (range) requireRange(range);
    return readFromRedis(this.#calls, this.#names, { key, range, what: `to read "${key}"`, signal });
  }

  async head(key: string, { signal }: Signalled = {}): Promise<StoredObject | undefined> {
    requireKey(key);
    const reply = await this.#calls.send(['GET', this.#names.record(key)], { what: `to look for "${key}"`, signal });
    const record = readRecord(key, reply);
    return record && storedObject(key, record);
  }

  async *list(prefix = '', { signal }: Signalled = {}): AsyncGenerator<StoredObject> {
    requirePrefix(prefix);
    const limits = { what: 'to list', signal };
    let from = prefix === '' ? '-' : `[${prefix}`;
    for (let count = keysAtFirst; ; count = keysAtOnce) {
      // Up to the end, wherever that of the prefix is: Infinispan sorts by signed bytes, in which no one byte is behind all others.
      const page = ['ZRANGEBYLEX', this.#names.index, from, '+', 'LIMIT', '0', String(count)];
      const found = ((await this.#calls.send(page, limits)) as readonly Buffer[]).map(String);
      const other = found.findIndex(key => !key.startsWith(prefix));
      const keys = other < 0 ? found : found.slice(0, other);
      if (keys.length === 0) return;
      const names = keys.map(this.#names.record);
      const records = (await this.#calls.send(['MGET', ...names], limits)) as readonly unknown[];
      for (const [at, reply] of records.entries()) {
        const key = keys[at]!;
        // One that was removed since is none any more.
        const record = readRecord(key, reply);
        if (record !== undefined) yield storedObject(key, record);
      }
      if (keys.length < count) return;
      from = `(${keys.at(-1)}`;
    }
  }

  async delete(keys: readonly string[], { signal }: Signalled = {}): Promise<void> {
    for (const key of keys) requireKey(key);
    for (let at = 0; at < keys.length; at += keysAtOnce)
      await this.#deleteSome(keys.slice(at, at + keysAtOnce), signal);
  }

  close(): void {
    this.#calls.close();
  }

  async #deleteSome(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const { graceMs } = this.#calls.tuning;
    const what = keys.length === 1 ? `to remove "${keys[0]}"` : `to remove ${keys.length} objects`;
    const limits = { what, signal };
    const look = ['MGET', ...keys.map(this.#names.record)];
    const freed = (replies: unknown) =>
      (replies as readonly unknown[]).flatMap((reply, at) => {
        const record = readRecord(keys[at]!, reply);
        return record === undefined ? [] : [record];
      });
    const found = freed(await this.#calls.send(look, limits));
    const [reply] = await this.#calls.atOnce(
      [
        look,
        ['DEL', ...keys.map(this.#names.record)],
        ['ZREM', this.#names.index, ...keys],
        ...found.flatMap(record => freeing(this.#names, record, graceMs)),
      ],
      limits,
    );
    // Some may have been replaced between the look and the step.
    const known = new Set(found.map(({ id }) => id));
    const others = freed(reply).filter(({ id }) => !known.has(id));
    const commands = others.flatMap(record => freeing(this.#names, record, graceMs));
    if (commands.length > 0) await this.#calls.sendEach(commands, limits);
  }
}
