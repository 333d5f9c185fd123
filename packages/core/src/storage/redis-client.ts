import type { RedisPlace } from './redis-place.js';

export type RedisCommand = readonly (string | Buffer)[];

export interface RedisTuning {
  readonly connectMs: number;
  /** Of one step that moves no body, with its repetitions, milliseconds. */
  readonly callMs: number;
  /** Of one step with a piece of a body: 4 MiB at 1 Mbit/s and more, milliseconds. */
  readonly pieceMs: number;
  /** An object is kept in pieces of so many bytes: Redis has a single thread, which a longer value holds up, and takes 512 MB at most. */
  readonly pieceBytes: number;
  /** Pieces of an object that was replaced or removed stay so long for those who read it, if there are several. */
  readonly graceMs: number;
  /** Pieces of a put whose client died go after so long; a client that lives renews it. */
  readonly draftMs: number;
}

export const redisTuning: RedisTuning = {
  connectMs: 5_000,
  callMs: 30_000,
  pieceMs: 120_000,
  pieceBytes: 4 * 2 ** 20,
  graceMs: 60_000,
  draftMs: 3600_000,
};

/** One connection. It is over with its first error, and whoever has it takes another one. */
export interface RedisConnection {
  readonly isOpen: boolean;
  /** Gives buffers, numbers, null, or arrays of them. */
  send(command: RedisCommand): Promise<unknown>;
  /** All or none, with nobody else's commands between. Gives strings in place of buffers, which the library cannot do here. */
  atOnce(commands: readonly RedisCommand[]): Promise<readonly unknown[]>;
  close(): void;
}

/** The library is loaded when it is first used. */
export async function connectRedis(place: RedisPlace, { connectMs }: RedisTuning): Promise<RedisConnection> {
  const { createClient, RESP_TYPES } = await import('@redis/client');
  const { REDIS_USERNAME, REDIS_PASSWORD } = process.env;
  const username = place.username ?? REDIS_USERNAME;
  const password = place.password ?? REDIS_PASSWORD;
  const { host, port } = place;
  const address = { host, port, connectTimeout: connectMs, reconnectStrategy: false } as const;
  const client = createClient({
    socket: place.isEncrypted ? { ...address, tls: true, servername: host } : address,
    // One that is named without a password says nothing.
    ...(password === undefined || password === '' ? {} : { password, ...(username ? { username } : {}) }),
    ...(place.database === 0 ? {} : { database: place.database }),
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    // What other servers that speak the protocol may not know.
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
  // The commands under way hear of it themselves.
  client.on('error', () => undefined);
  // Whoever waits for an answer has a deadline, which keeps the process alive.
  client.unref();
  await greeted(client, connectMs);
  return {
    get isOpen() {
      return client.isReady;
    },
    send: command => client.sendCommand<unknown>(command),
    atOnce: async commands => {
      const all = client.multi();
      for (const command of commands) all.addCommand([...command]);
      return (await all.exec()) as unknown[];
    },
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

/** The library has a deadline for the connection itself, and none for the greetings on it. */
async function greeted(client: { connect(): Promise<unknown>; destroy(): void }, connectMs: number): Promise<void> {
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    client.destroy();
  }, connectMs);
  try {
    await client.connect();
  } catch (error) {
    const late = () => Object.assign(new Error(`it did not greet within ${connectMs} ms`), { code: 'ETIMEDOUT' });
    throw isLate ? late() : error;
  } finally {
    clearTimeout(limit);
  }
}
