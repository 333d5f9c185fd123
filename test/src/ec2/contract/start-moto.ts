import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../conformance/eventually.js';
import { testCache } from '../test-cache.js';
import type { ContractPlace } from './define-contract.js';

const installed = join(testCache, 'moto-5.2.1/bin/python3');
const python = process.env.MEGALITH_TEST_PYTHON || (existsSync(installed) ? installed : 'python3');

/** Whether there is a moto with its server: in what MEGALITH_TEST_PYTHON names, else where `.ci/install-moto` put it, else in `python3`. */
export function motoIsThere(): boolean {
  return spawnSync(python, ['-c', 'import moto.server, flask'], { stdio: 'ignore' }).status === 0;
}

/** moto's server, as strict as it can be. */
export async function startMoto(): Promise<ContractPlace> {
  const port = await freePort();
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`], {
    stdio: 'ignore',
    env: {
      ...process.env,
      MOTO_ENABLE_AMI_VALIDATION: '1',
      MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: '1',
      MOTO_ENABLE_KEYPAIR_VALIDATION: '1',
    },
  });
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await eventually('moto answers', () => answers(endpoint, child), 30_000);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, close };
}

async function answers(endpoint: string, child: ChildProcess): Promise<true | undefined> {
  if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode}`);
  try {
    const response = await fetch(`${endpoint}/moto-api/`, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>(resolve => {
    server.close(() => resolve());
  });
  return port;
}
