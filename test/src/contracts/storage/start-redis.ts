import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
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
  readonly folder: string;
  /** What `redis-cli` says to a command. */
  ask(...command: readonly string[]): string;
  /** Ends it with SIGKILL, and keeps what it has on disk. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Whether there is a Redis server: where `.ci/install-redis` put it, or whoever runs the tests. */
export function redisIsThere(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * A Redis server on loopback that wants a password.
 * @param before one that was killed: this one takes its port, and what it wrote
 */
export async function startRedis(before?: RunningRedis): Promise<RunningRedis> {
  const folder = before?.folder ?? (await mkdtemp(join(tmpdir(), 'megalith-redis-')));
  const port = before?.port ?? (await freePort('127.0.0.1'));
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'yes', dir: folder, requirepass: redisPassword };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const server = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>(resolve => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const kill = async () => {
    server.kill('SIGKILL');
    await ended;
  };
  const close = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  const ask = (...command: readonly string[]) => {
    const env = { ...process.env, REDISCLI_AUTH: redisPassword };
    return execFileSync('redis-cli', ['-p', `${port}`, ...command], { env, encoding: 'utf8' }).trim();
  };
  try {
    await within(20_000, 'the Redis server', ready(server));
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, port, folder, ask, kill, close };
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
