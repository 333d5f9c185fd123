import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { scratchFolder } from '../conformance/scratch.js';

/** An executor on this machine whose journals go away with the test. */
export function openLocal(): FunctionExecutor {
  return new FunctionExecutor({ backend: 'local', home: join(scratchFolder(), 'home') });
}
