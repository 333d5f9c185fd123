import { fileURLToPath } from 'node:url';
import { type ProgramOptions, runProgram } from '../measured-process.js';

const megalith = fileURLToPath(import.meta.resolve('@megalith/cli/bin/run.cjs'));

/** Milliseconds of a whole `megalith` command. */
export async function megalithMs(args: readonly string[], input = '', options: ProgramOptions = {}): Promise<number> {
  return (await runProgram(process.execPath, [megalith, ...args], input, options)).wholeMs;
}
