import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { scratchFolder } from '../conformance/scratch.js';

/** An executor on this machine. @param home for its journals; by default a folder that goes away with the test */
export function openLocal(home = join(scratchFolder(), 'home')): FunctionExecutor {
  return new FunctionExecutor({ backend: 'local', home });
}
