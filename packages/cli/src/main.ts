import type { SpareHost } from '@megalith/core';
import { flush } from '@oclif/core/flush';
import type { Options } from '@oclif/core/interfaces';
import { run } from '@oclif/core/run';
import { errorReport, reportJson, reportText } from './error-report.js';
import { type OwnCommands, ownPlugin } from './own-commands.js';

/**
 * Runs one command of the command line and ends the process with its exit code.
 * @param root the folder of package.json
 * @param own the commands of this package, where no plugin can be wanted; else oclif finds them, and plugins with them
 * @param spare a job host for a command that needs one
 */
export async function main(argv: readonly string[], root: string, own?: OwnCommands, spare?: SpareHost): Promise<void> {
  try {
    if (spare !== undefined) (await import('@megalith/core')).offerSpareHost(spare);
    await run([...argv], own === undefined ? root : optionsFor(own, root));
    await flush();
  } catch (error) {
    // What fails before a command runs: there is no such command, or a plugin does not load.
    tell(error, argv.includes('--json'));
  }
  exitWhenWritten();
}

function optionsFor(own: OwnCommands, root: string): Options {
  const plugin = ownPlugin(own, root);
  return { root, plugins: new Map([[plugin.name, plugin]]) };
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
