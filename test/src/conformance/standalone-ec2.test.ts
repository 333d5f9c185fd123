import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor, Pool } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { afterAll, beforeAll, vi } from 'vitest';
import type { Ec2Simulator } from '../ec2/ec2-simulator.js';
import { bestInstanceHostKind, instanceHostsCan, startInstanceHosts } from '../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../ec2/start-ec2.js';
import { conformance } from './conformance.js';
import { makeScratchIn } from './scratch.js';

registerStandalone();
const root = mkdtempSync(join(tmpdir(), 'megalith-conformance-'));
const home = join(root, 'home');
const shared = join(root, 'shared');
const kind = await bestInstanceHostKind();
let ec2: Ec2Simulator | undefined;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  mkdirSync(home);
  mkdirSync(shared);
  makeScratchIn(shared);
  ec2 = await startEc2({ hosts: await startInstanceHosts({ kind, sharedFolder: shared }) });
  const { endpoint, region } = ec2;
  // JSON is YAML. The type has no more cpus than a host of this machine.
  const section = { region, endpoint, admit: '127.0.0.1/32', idle: '10m', types: ['m6i.large'] };
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2: section }));
});

afterAll(async () => {
  await ec2?.close();
  rmSync(root, { recursive: true, force: true });
});

const options = { backend: 'standalone', home } as const;
conformance('standalone on machines of EC2', async () => new FunctionExecutor(options), {
  clientFolder: false,
  freshMachines: false,
  objects: 'nowhere',
  // Instances with a disk of their own lack the package.
  ownPackage: !instanceHostsCan(kind, 'user-data'),
  openPool: () => new Pool(2, options),
});
