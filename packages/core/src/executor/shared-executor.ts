import { FunctionExecutor } from './function-executor.js';

let shared: FunctionExecutor | undefined;

/** One executor for all calls that bring none; idle, it neither keeps the process alive nor outlives it. */
export function sharedExecutor(): FunctionExecutor {
  shared ??= new FunctionExecutor();
  return shared;
}
