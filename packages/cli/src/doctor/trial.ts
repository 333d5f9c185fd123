import { type FunctionExecutor, formatDuration, isMegalithError, type Plan } from '@megalith/core';
import type { Finding } from './finding.js';

// Far beyond what any of it takes, even on a busy machine.
const patience = '60s';

/** What the place where jobs would run has to give, by the agent's own count. */
export function checkPlace(executor: FunctionExecutor): Promise<Finding> {
  return tried('machine', async () => placeText(await executor.plan()));
}

/** Runs one command from end to end: the agent is there, starts, and ends. */
export function checkCommand(executor: FunctionExecutor): Promise<Finding> {
  return tried('command', async () => {
    const startedAt = performance.now();
    await executor.run([process.execPath, '-e', '0'], { name: 'doctor', timeout: patience });
    return `ran in ${formatDuration(performance.now() - startedAt)}`;
  });
}

/** Ships one function and calls it: the bundler is there too, and values travel. */
export function checkFunction(executor: FunctionExecutor): Promise<Finding> {
  return tried('function', async () => {
    const startedAt = performance.now();
    const sum = await executor.callAsync((pair: readonly [number, number]) => pair[0] + pair[1], [40, 2] as const, {
      name: 'doctor',
      timeout: patience,
    });
    if (sum !== 42) throw new Error(`it gave ${String(sum)} instead of 42`);
    return `ran in ${formatDuration(performance.now() - startedAt)}`;
  });
}

function placeText({ chosen, reason }: Plan): string {
  if (chosen === undefined) throw new Error(reason);
  return `${chosen.description}, ${chosen.slots} tasks at once`;
}

async function tried(check: string, trial: () => Promise<string>): Promise<Finding> {
  try {
    return { check, state: 'ok', detail: await trial() };
  } catch (error) {
    const hint = isMegalithError(error) ? error.hint : undefined;
    return {
      check,
      state: 'failed',
      detail: (error as Error).message,
      hint: hint ?? 'run "megalith doctor --debug" and report what it prints',
    };
  }
}
