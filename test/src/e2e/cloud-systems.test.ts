import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { instanceImage } from '../ec2/hosts/instance-image.js';
import { startInstanceHosts } from '../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../ec2/start-ec2.js';

registerStandalone();
const kinds = [
  { kind: 'nspawn', system: 'systemd and cloud-init', kernel: /./ },
  { kind: 'uml', system: 'a kernel of its own', kernel: /^6\.1\./ },
] as const;

it.skipIf(instanceImage() === undefined).each(kinds)(
  'a job makes a machine with $system, runs there, and the machine ends itself',
  { timeout: 240_000 },
  async ({ kind, kernel }) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const home = mkdtempSync(join(tmpdir(), 'megalith-systems-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    await using ec2 = await startEc2({ hosts: await startInstanceHosts({ kind }) });
    const { endpoint, region } = ec2;
    const section = { region, endpoint, admit: '127.0.0.1/32', idle: '2s', types: ['m6i.large'] };
    // JSON is YAML.
    writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2: section }));
    const executor = new FunctionExecutor({ backend: 'standalone', home });
    onTestFinished(() => executor.close());
    const output: Uint8Array[] = [];
    const run = await executor.run(['sh', '-c', 'uname -r; echo "$HOME"; touch /scratch/a'], {
      memory: '256MiB',
      cpus: 1,
      onEvent: event => {
        if (event.type === 'log') output.push(event.bytes);
      },
    });
    expect(run.exitCode).toBe(0);
    const [release, folder] = Buffer.concat(output).toString().split('\n');
    expect(release).toMatch(kernel);
    expect(folder).toBe('/home/ec2-user');
    const calls = () => ec2.requests.filter(({ action }) => action === 'TerminateInstances').length;
    await eventually(
      'the machine is gone',
      () => ec2.instances().every(({ state }) => state === 'terminated'),
      120_000,
    );
    expect([ec2.instances().length, calls()]).toEqual([1, 0]);
  },
);
