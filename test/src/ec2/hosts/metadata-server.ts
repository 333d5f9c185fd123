import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from '../../conformance/eventually.js';
import { type Fabric, metadataAddress } from '../../hosts/namespaces/fabric.js';
import type { MetadataLine } from './metadata-process.js';
import type { InstanceMetadata } from './metadata-tree.js';

/** What instances learn of themselves at http://169.254.169.254. */
export interface MetadataServer {
  /** Settles when it is said to who asks from that address; null: nothing is. */
  set(address: string, instance: InstanceMetadata | null): Promise<void>;
  close(): Promise<void>;
}

/** One server for all hosts of a fabric. It ends with `close`, with the fabric, and with this process. */
export async function openMetadataServer(fabric: Fabric, folder: string): Promise<MetadataServer> {
  await fabric.takeMetadataAddress();
  // Programs run from `dist`, also for a test that runs from `src`.
  const program = fileURLToPath(new URL('../../../dist/ec2/hosts/metadata-process.js', import.meta.url));
  const enter = ['--target', String(fabric.pid), '--net', '--pid', '--'];
  // The folder says whose it is, to those who sweep after the dead.
  const child = spawn('nsenter', [...enter, process.execPath, program, metadataAddress, `${folder}/metadata`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const waiting: { resolve(): void; reject(error: Error): void }[] = [];
  const acknowledged = () => {
    const answer = new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
    return within(10_000, 'an answer of the metadata server', answer);
  };
  let over = false;
  const fail = (error: Error) => {
    over = true;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.on('error', fail);
  child.on('exit', () => fail(new Error('the metadata server has ended')));
  child.stdin.on('error', () => child.stdin.destroy());
  createInterface(child.stdout).on('line', () => waiting.shift()?.resolve());
  await acknowledged();

  return {
    async set(address, instance) {
      if (over) throw new Error('the metadata server has ended');
      const line: MetadataLine = { address, instance };
      child.stdin.write(`${JSON.stringify(line)}\n`);
      await acknowledged();
    },
    async close() {
      child.stdin.end();
      await within(10_000, 'the end of the metadata server', ended);
    },
  };
}
