import { FunctionExecutor, megalithHome } from '@megalith/core';
import { inJobsHome } from '../preferences/jobs-home.js';
import type { Finding } from './finding.js';
import { checkHome, checkLeftovers, checkLimits, checkNode } from './surroundings.js';
import { checkCommand, checkFunction, checkPlace } from './trial.js';

/** Looks whether everything that a job needs is there, and runs one of each kind. */
export async function* examine(): AsyncGenerator<Finding> {
  const home = inJobsHome().home ?? megalithHome();
  yield checkNode(process.versions.node);
  const homeFinding = await checkHome(home);
  yield homeFinding;
  yield checkLimits();
  if (homeFinding.state === 'failed') return;
  yield await checkLeftovers(home);
  const executor = new FunctionExecutor({ home });
  try {
    yield await checkPlace(executor);
    yield await checkCommand(executor);
    yield await checkFunction(executor);
  } finally {
    await executor.close();
  }
}
