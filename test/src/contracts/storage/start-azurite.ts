import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { within } from '../../conformance/eventually.js';
import { testCache } from '../../ec2/test-cache.js';

const installed = join(testCache, 'azurite-3.35.0/node_modules/azurite/dist/src/blob/main.js');

/** That of the emulator is known to everybody. */
export const azureAccount = 'devstoreaccount1';
export const azureKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface RunningAzurite {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Whether `.ci/install-azurite` put it there. */
export function azuriteIsThere(): boolean {
  return existsSync(installed);
}

/** Azure's emulator on loopback, with a container `test`. It keeps everything in memory, and tells nobody that it runs. */
export async function startAzurite(): Promise<RunningAzurite> {
  const folder = await mkdtemp(join(tmpdir(), 'megalith-azurite-'));
  const words = ['--inMemoryPersistence', '--disableTelemetry', '--skipApiVersionCheck', '--silent', '--blobPort', '0'];
  const server = spawn(process.execPath, [installed, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
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
    const address = await within(30_000, 'Azurite', addressFrom(server.stdout));
    const endpoint = `${address}/${azureAccount}`;
    const { ContainerClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
    await new ContainerClient(`${endpoint}/test`, new StorageSharedKeyCredential(azureAccount, azureKey)).create();
    return { endpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addressFrom(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const address = /listens on (http:\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    // Nobody reads on, and a full pipe would hold up the server.
    output.resume();
    return address;
  }
  throw new Error('Azurite ended before it listened');
}
