import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor, Pool } from '@megalith/core';
import { afterAll } from 'vitest';
import { conformance } from './conformance.js';

const home = mkdtempSync(join(tmpdir(), 'megalith-conformance-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

conformance('local', async () => new FunctionExecutor({ backend: 'local', home }), {
  openPool: () => new Pool(2, { backend: 'local', home }),
});
