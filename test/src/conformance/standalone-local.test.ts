import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor, Pool } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { afterAll } from 'vitest';
import { conformance } from './conformance.js';

registerStandalone();
const root = mkdtempSync(join(tmpdir(), 'megalith-conformance-'));
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
let count = 0;

/** Each executor has an agent of its own, which ends itself soon after. */
function options() {
  const home = join(root, String(++count));
  mkdirSync(home);
  writeFileSync(join(home, 'megalith.yaml'), 'agent: { idle: 500ms }');
  return { backend: 'standalone', hosts: ['local'], home } as const;
}

conformance('standalone on this machine', async () => new FunctionExecutor(options()), {
  openPool: () => new Pool(2, options()),
});
