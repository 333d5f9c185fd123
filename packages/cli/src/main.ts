import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import { errorReport, reportJson, reportText } from './error-report.js';

// The plugins give help topics, completion and guesses for mistyped commands. Commands of our own start faster without.
const withoutPlugins = new Set(['run', 'map', 'jobs', 'config', 'doctor']);

/** Runs one command of the command line and ends the process with its exit code. @param root the folder of package.json */
export async function main(argv: readonly string[], root: string): Promise<void> {
  try {
    await run([...argv], withoutPlugins.has(argv[0] ?? '') ? await bareOptions(root) : root);
    await flush();
  } catch (error) {
    // What fails before a command runs: there is no such command, or a plugin does not load.
    tell(error, argv.includes('--json'));
  }
  exitWhenWritten();
}

async function bareOptions(root: string) {
  const pjson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return { root, pjson: { ...pjson, oclif: { ...pjson.oclif, plugins: [] } } };
}

function tell(error: unknown, json: boolean): void {
  const exit = (error as { oclif?: { exit?: number } }).oclif?.exit;
  if (exit === 0) return;
  const report = errorReport(error);
  process.exitCode = report.exitCode;
  if (json) process.stdout.write(`${JSON.stringify(reportJson(report), undefined, 2)}\n`);
  else process.stderr.write(reportText(report));
}

/** Ends the process: whatever a library left open, a command that is done does not linger. */
function exitWhenWritten(): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}
