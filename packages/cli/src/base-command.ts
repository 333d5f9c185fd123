import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { errorReport, reportJson, reportText } from './error-report.js';

/** What every command has: `--json`, `--quiet`, `--debug`, one way to report errors, and a quiet end when nobody reads on. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    quiet: Flags.boolean({
      char: 'q',
      description: 'no progress and no notes on standard error, only errors',
      helpGroup: 'GLOBAL',
    }),
    debug: Flags.boolean({ description: 'show stack traces', helpGroup: 'GLOBAL' }),
  };

  override async catch(error: Error & { exitCode?: number }): Promise<void> {
    if (isExit(error)) {
      process.exitCode = error.oclif.exit;
      return;
    }
    const report = errorReport(error, this.usageHint(error));
    process.exitCode = report.exitCode;
    if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(reportJson(report), undefined, 2)}\n`);
    else process.stderr.write(reportText(report));
    if (this.wantsStack()) process.stderr.write(`${stackText(error)}\n`);
  }

  /** One object on standard output; what `--json` prints where a command streams nothing. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** What to do where the command line is wrong. */
  protected usageHint(_: Error): string {
    return 'add --help to see what the command takes';
  }

  /** Text on standard output, for people; under `--json` the object that `run` gives stands there instead. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(text);
  }

  /** A line on standard error. */
  protected note(line: string): void {
    if (!this.argv.includes('--quiet') && !this.argv.includes('-q')) process.stderr.write(`${line}\n`);
  }

  // The flags may be what could not be parsed.
  private wantsStack(): boolean {
    const end = this.argv.indexOf('--');
    const own = end === -1 ? this.argv : this.argv.slice(0, end);
    return own.includes('--debug') || /(^|,)(\*|megalith)/.test(process.env.DEBUG ?? '');
  }
}

function isExit(error: Error): error is Error & { oclif: { exit: number } } {
  return 'code' in error && error.code === 'EEXIT';
}

function stackText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? String(error);
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${stackText(error.cause)}`;
}
