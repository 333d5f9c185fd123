import { commandFor } from '@megalith/core';

/** A command over items: the words of a program call, or one line for a shell. */
export type CommandTemplate = readonly string[] | string;

/** The command as one would type it; for one item, where there is one. */
export function commandText(template: CommandTemplate, item?: string, sequence = 1): string {
  if (typeof template !== 'string') return commandFor({ argv: template }, item, sequence).map(shellQuoted).join(' ');
  return commandFor({ shell: template }, item, sequence).at(-1)!;
}

/** The text as one word of a POSIX shell line, quoted only if it must be: this one is to be read. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
