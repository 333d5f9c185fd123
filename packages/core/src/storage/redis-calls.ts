import { setTimeout as delay } from 'node:timers/promises';
import { inTime } from './in-time.js';
import { connectRedis, type RedisCommand, type RedisConnection, type RedisTuning } from './redis-client.js';
import { isPassing, redisFailure } from './redis-failure.js';
import type { RedisPlace } from './redis-place.js';

/** Of one step, the first included. */
const maxTries = 4;
const pauseMs = 200;

interface Limits {
  /** In words, for errors. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue that of a step without a body */
  readonly deadlineMs?: number;
}

/** Commands to one server, with the deadlines and the errors of a store. A command must be one that may be repeated. */
export class RedisCalls {
  readonly place: RedisPlace;
  readonly tuning: RedisTuning;
  #connection: Promise<RedisConnection> | undefined;

  constructor(place: RedisPlace, tuning: RedisTuning) {
    this.place = place;
    this.tuning = tuning;
  }

  /** @throws MegalithError STORE_FAILED, NO_CREDENTIALS, DISK_FULL, CANCELLED */
  send(command: RedisCommand, limits: Limits): Promise<unknown> {
    return this.#ask(limits, connection => connection.send(command));
  }

  /** One after the other, without waiting for an answer between. */
  sendEach(commands: readonly RedisCommand[], limits: Limits): Promise<readonly unknown[]> {
    return this.#ask(limits, connection => Promise.all(commands.map(each => connection.send(each))));
  }

  /** All or none of them, with nobody else's between. */
  atOnce(commands: readonly RedisCommand[], limits: Limits): Promise<readonly unknown[]> {
    return this.#ask(limits, connection => connection.atOnce(commands));
  }

  close(): void {
    const closing = this.#connection;
    this.#connection = undefined;
    closing?.then(connection => connection.close()).catch(() => undefined);
  }

  async #ask<T>({ what, signal, deadlineMs = this.tuning.callMs }: Limits, ask: (to: RedisConnection) => Promise<T>) {
    try {
      return await inTime({ what: `${what} in ${this.place.url}`, deadlineMs, signal }, ending =>
        this.#askUntil(ending, ask, signal),
      );
    } catch (error) {
      throw redisFailure(what, this.place.url, error, this.place.password ?? process.env.REDIS_PASSWORD);
    }
  }

  async #askUntil<T>(ending: AbortSignal, ask: (to: RedisConnection) => Promise<T>, signal: AbortSignal | undefined) {
    for (let tries = 1; ; tries++) {
      try {
        const connection = await this.#connect();
        // Who waits for more than its deadline waits for a server that hangs, and so do all others on this connection.
        const hangs = () => signal?.aborted || connection.close();
        ending.addEventListener('abort', hangs, { once: true });
        try {
          return await ask(connection);
        } finally {
          ending.removeEventListener('abort', hangs);
        }
      } catch (error) {
        if (!isPassing(error) || tries >= maxTries || ending.aborted) throw error;
        await delay(pauseMs * 2 ** (tries - 1), undefined, { signal: ending });
      }
    }
  }

  async #connect(): Promise<RedisConnection> {
    const current = this.#connection;
    if (current !== undefined) {
      const connection = await current.catch(() => undefined);
      if (connection?.isOpen) return connection;
      if (this.#connection === current) this.#connection = undefined;
    }
    this.#connection ??= connectRedis(this.place, this.tuning);
    return this.#connection;
  }
}
