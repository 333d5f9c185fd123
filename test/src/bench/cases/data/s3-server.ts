import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@megalith/core';
import { eventually } from '../../../conformance/eventually.js';

/** A real server of S3 that is as fast as its disk, with one object. */
export interface S3Server {
  readonly endpoint: string;
  /** `s3://bucket/object`. */
  readonly url: string;
  readonly bytes: number;
}

/** In Go, over a folder: `go install github.com/versity/versitygw/cmd/versitygw@latest`. */
export const s3Program = 'versitygw';
export const s3Environment = {
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'benchbench',
  AWS_REGION: 'us-east-1',
};

/** 1 GiB. */
const objectBytes = 2 ** 30;
let running: { readonly server: S3Server; readonly process: ChildProcess; readonly folder: string } | undefined;

/** Started once for all cases. */
export async function s3Server(): Promise<S3Server> {
  if (running !== undefined) return running.server;
  const folder = mkdtempSync(join(tmpdir(), 'megalith-bench-s3-'));
  mkdirSync(join(folder, 'bucket'));
  const port = await freePort();
  const child = spawn(s3Program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', folder], {
    env: { ...process.env, ROOT_ACCESS_KEY: 'bench', ROOT_SECRET_KEY: 'benchbench' },
    stdio: 'ignore',
  });
  const server = { endpoint: `http://127.0.0.1:${port}`, url: 's3://bucket/object', bytes: objectBytes };
  running = { server, process: child, folder };
  await eventually('the server answers', () =>
    fetch(server.endpoint).then(
      () => true,
      () => false,
    ),
  );
  const store = await openStore({ name: 'bench', url: 's3://bucket', endpoint: server.endpoint });
  await store.put('object', pieces());
  store.close();
  return server;
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  const piece = randomBytes(2 ** 20);
  for (let given = 0; given < objectBytes; given += piece.length) yield piece;
}

export async function endS3Server(): Promise<void> {
  if (running === undefined) return;
  const { process: child, folder } = running;
  running = undefined;
  const ended = new Promise(resolve => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}
