import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from '../../conformance/eventually.js';
import { freePort } from '../../hosts/loopback/start-loopback-hosts.js';

export const redisPassword = 'not to be shown';

export interface RunningRedis {
  /** `redis://127.0.0.1:PORT`, without the password. */
  readonly url: string;
  readonly port: number;
  readonly server: ChildProcess;
  close(): Promise<void>;
}

/** Whether there is a Redis server: where `.ci/install-redis` put it, or whoever runs the tests. */
export function redisIsThere(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** A Redis server on loopback that keeps everything in memory, and wants a password. */
export async function startRedis(options: { readonly port?: number } = {}): Promise<RunningRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'megalith-redis-'));
  const port = options.port ?? (await freePort('127.0.0.1'));
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder, requirepass: redisPassword };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const server = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>(resolve => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const close = async () => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await within(20_000, 'the Redis server', ready(server));
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, port, server, close };
}

async function ready(server: ChildProcess): Promise<void> {
  const lines = createInterface({ input: server.stdout! });
  for await (const line of lines) {
    if (!line.includes('Ready to accept connections')) continue;
    // Nobody reads on, and a full pipe would hold up the server.
    server.stdout!.resume();
    return;
  }
  throw new Error('the Redis server ended before it was ready');
}
