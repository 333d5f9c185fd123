import { fileURLToPath } from 'node:url';
import { runProgram } from '../measured-process.js';

const megalith = fileURLToPath(import.meta.resolve('@megalith/cli/bin/run.cjs'));

/** Milliseconds of a whole `megalith` command. */
export async function megalithMs(args: readonly string[], input = ''): Promise<number> {
  return (await runProgram(process.execPath, [megalith, ...args], input)).wholeMs;
}
