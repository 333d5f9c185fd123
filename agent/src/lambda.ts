import { fileURLToPath } from 'node:url';
import { FunctionSandbox } from './function/sandbox.js';
import type { LambdaReply } from './protocol/lambda-messages.js';

/** The part of AWS's context object that is used here. */
interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

/** The only place where a function may write. */
const defaultHome = '/tmp/megalith';
/** What AWS gives a function that does not say. */
const defaultMemoryMib = 128;

const sandbox = new FunctionSandbox({
  entryFile: fileURLToPath(new URL('./agent.mjs', import.meta.url)),
  home: process.env.MEGALITH_HOME || defaultHome,
  memoryMib: Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? defaultMemoryMib),
  env: process.env,
});

// Lambda gives a function more of its processors until it is ready than afterwards.
await sandbox.prepare();

/** Entrance of the agent that is a function: one call is one job's whole connection. */
export function handler(event: unknown, context: FunctionContext): Promise<LambdaReply> {
  return sandbox.call(event, () => context.getRemainingTimeInMillis());
}
