import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sendFiles } from './send-files.js';
import { described } from './testing/tree.js';

const agent = import.meta.resolve('@megalith/agent');
const serving = `
  import { createServer } from 'node:net';
  import { serveFiles } from ${JSON.stringify(agent)};
  const [socket, root] = process.argv.slice(1);
  createServer({ allowHalfOpen: true }, stream => serveFiles(stream, root).catch(() => undefined)).listen(socket, () => console.log('ready'));
`;

let folder: string;
let source: string;
let far: string;
let servers: ChildProcess[];
let count: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-killed-'));
  source = join(folder, 'source');
  far = join(folder, 'far');
  servers = [];
  count = 0;
  mkdirSync(source);
  for (let index = 0; index < 300; index++) writeFileSync(join(source, `small${index}`), Buffer.alloc(5_000, index));
  for (let index = 0; index < 4; index++) writeFileSync(join(source, `large${index}`), Buffer.alloc(20_000_000, index));
});
afterEach(async () => {
  for (const server of servers) server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function serve(): Promise<{ readonly server: ChildProcess; readonly socket: string }> {
  const socket = join(folder, `socket${count++}`);
  const server = spawn(process.execPath, ['--input-type=module', '-e', serving, socket, far], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  servers.push(server);
  await new Promise(resolve => server.stdout!.once('data', resolve));
  return { server, socket };
}

async function transfer(socket: string, onProgress?: (bytes: number) => void) {
  const stream = connect({ path: socket });
  try {
    return await sendFiles(stream, [{ path: source, dest: 'x' }], onProgress === undefined ? {} : { onProgress });
  } finally {
    stream.destroy();
  }
}

test.each([0.1, 0.4, 0.8])('a far side killed after %f of the bytes goes on where it was', async part => {
  const { server, socket } = await serve();
  const stop = part * 81_500_000;
  const first = transfer(socket, bytes => {
    if (bytes > stop) server.kill('SIGKILL');
  });
  await expect(first).rejects.toMatchObject({ code: 'CONTACT_LOST' });
  const whole = existsSync(join(far, 'x')) ? readdirSync(join(far, 'x')) : [];
  for (const name of whole) expect(statSync(join(far, 'x', name)).size).toBe(statSync(join(source, name)).size);
  const report = await transfer((await serve()).socket);
  expect(report).toMatchObject({ files: 304 - whole.length, skipped: whole.length });
  expect(described(join(far, 'x'))).toEqual(described(source));
  expect(readdirSync(far)).toEqual(['x']);
});

test('a client killed in the middle leaves whole files only, and the next goes on', async () => {
  const { socket } = await serve();
  const sending = `
    import { connect } from 'node:net';
    import { sendFiles } from ${JSON.stringify(import.meta.resolve('../../dist/index.js'))};
    const [socket, path] = process.argv.slice(1);
    await sendFiles(connect(socket), [{ path, dest: 'x' }], { onProgress: bytes => {
      if (bytes > 30_000_000) process.kill(process.pid, 'SIGKILL');
    } });
  `;
  const client = spawn(process.execPath, ['--input-type=module', '-e', sending, socket, source], { stdio: 'inherit' });
  const signal = await new Promise(resolve => client.once('exit', (_code, by) => resolve(by)));
  expect(signal).toBe('SIGKILL');
  const report = await transfer(socket);
  expect(report.files + report.skipped).toBe(304);
  expect(described(join(far, 'x'))).toEqual(described(source));
  expect(readdirSync(far).filter(name => name !== 'x').length).toBe(0);
});
