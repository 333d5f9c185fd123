import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { afterAll, onTestFinished } from 'vitest';

/** An executor on this machine whose journals go away with the test. */
export function openLocal(): FunctionExecutor {
  return opened(onTestFinished);
}

/** The same for all tests of a `describe`, called in its `beforeAll`. */
export function localExecutor(): FunctionExecutor {
  return opened(afterAll);
}

function opened(later: (action: () => void) => void): FunctionExecutor {
  const home = mkdtempSync(join(tmpdir(), 'megalith-faults-'));
  later(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return new FunctionExecutor({ backend: 'local', home });
}
