import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor, Pool } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { afterAll } from 'vitest';
import { conformance } from './conformance.js';

registerStandalone();
const home = mkdtempSync(join(tmpdir(), 'megalith-conformance-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const options = { backend: 'standalone', hosts: ['local'], home } as const;

conformance('standalone on this machine', async () => new FunctionExecutor(options), {
  openPool: () => new Pool(2, options),
});
