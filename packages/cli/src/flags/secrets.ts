import { readFileSync } from 'node:fs';
import { MegalithError } from '@megalith/core';

/**
 * Reads `NAME`, whose value is taken from `environment`, and `NAME=@FILE`, whose value is the text of the file without the line
 * end at its end.
 * @throws MegalithError USAGE; no message has a value in it
 */
export function secretValues(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(flags.map(flag => secretOf(flag, environment)));
}

function secretOf(
  flag: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly [name: string, value: string] {
  const equals = flag.indexOf('=');
  const name = equals === -1 ? flag : flag.slice(0, equals);
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new MegalithError('USAGE', 'a "--secret" does not name a variable', { hint: 'write NAME, or NAME=@FILE' });
  }
  if (equals !== -1) {
    if (flag[equals + 1] === '@') return [name, textOf(name, flag.slice(equals + 2))];
    throw new MegalithError('USAGE', `the value of the secret "${name}" stands on the command line`, {
      hint: `everybody on this machine can read it there, and the shell keeps it: write --secret ${name} with ${name} in the environment, or --secret ${name}=@FILE`,
    });
  }
  const value = environment[name];
  if (value !== undefined) return [name, value];
  throw new MegalithError('USAGE', `the secret "${name}" has no value: there is no such variable here`, {
    hint: `set ${name} in the environment of this command, or write --secret ${name}=@FILE`,
  });
}

function textOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new MegalithError(
      'USAGE',
      `the secret "${name}" cannot be read from "${path}": ${(error as Error).message}`,
      {
        hint: 'the path is relative to the folder where this command runs',
        cause: error,
      },
    );
  }
}
