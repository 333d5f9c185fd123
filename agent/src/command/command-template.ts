import { MegalithError } from '../errors.js';
import { type FoundPlaceholder, findPlaceholders, hasField, itemText, placeholderText } from './item-text.js';
import { type ShellContext, shellContexts, shellQuote, shellQuoteIn } from './shell-quote.js';

/** A command over items: its arguments, or a line for `/bin/sh`. */
export type CommandTemplate = { readonly argv: readonly string[] } | { readonly shell: string };

/**
 * The arguments to start for one item. In each argument, and in a shell line safely quoted wherever it stands, these
 * are replaced: `{}` the item, `{.}` without extension, `{/}` without folders, `{//}` its folder, `{/.}` without both,
 * `{#}` the task's number counted from 1, `{name}` a field of an item that is an object, `{1}` one of an array. Where a
 * template has none of them the item becomes the last argument. Without an item the command is taken as it stands.
 * @param sequence the task's number, counted from 1
 * @throws MegalithError USAGE for an item that no argument can hold, a place in a shell line where nothing can be quoted, and an
 * empty command
 */
export function commandFor(template: CommandTemplate, item: unknown, sequence: number): readonly string[] {
  return 'argv' in template
    ? argvFor(template.argv, item, sequence)
    : ['/bin/sh', '-c', shellFor(template.shell, item, sequence)];
}

function argvFor(template: readonly string[], item: unknown, sequence: number): readonly string[] {
  if (template.length === 0)
    throw new MegalithError('USAGE', 'the command is empty', { hint: 'name a program after --' });
  if (item === undefined) return template;
  let found = 0;
  const argv = template.map(argument => {
    const placeholders = findPlaceholders(argument, name => hasField(item, name));
    found += placeholders.length;
    return filled(argument, placeholders, ({ placeholder }) => placeholderText(placeholder, item, sequence));
  });
  return found > 0 ? argv : [...template, itemText(item, sequence)];
}

function shellFor(template: string, item: unknown, sequence: number): string {
  if (template.trim() === '')
    throw new MegalithError('USAGE', 'the shell command is empty', { hint: 'give a command line' });
  if (item === undefined) return template;
  const placeholders = findPlaceholders(template, name => hasField(item, name));
  if (placeholders.length === 0) return withLastArgument(template.trimEnd(), itemText(item, sequence));
  const contexts = shellContexts(
    template,
    placeholders.map(({ start }) => start),
  );
  return filled(template, placeholders, ({ placeholder, start, end }, index) =>
    quoted(contexts[index]!, placeholderText(placeholder, item, sequence), template.slice(start, end)),
  );
}

function quoted(context: ShellContext, text: string, placeholder: string): string {
  if (context !== 'unsafe') return shellQuoteIn(context, text);
  throw new MegalithError(
    'USAGE',
    `an item cannot be quoted safely where '${placeholder}' stands in the shell command`,
    {
      hint: `first assign it, x=${placeholder}; then use "$x" (in comments leave it out, and write $(…) for backticks)`,
    },
  );
}

function withLastArgument(template: string, text: string): string {
  const [context] = shellContexts(template, [template.length]);
  if (context !== 'plain' || /[;&|(){}<>\\]$/.test(template)) {
    throw new MegalithError('USAGE', 'the item cannot be added at the end of this shell command', {
      hint: "write {} where the item belongs, or {#} if the command doesn't need it",
    });
  }
  return `${template} ${shellQuote(text)}`;
}

function filled(
  template: string,
  placeholders: readonly FoundPlaceholder[],
  text: (placeholder: FoundPlaceholder, index: number) => string,
): string {
  let result = '';
  let at = 0;
  for (const [index, placeholder] of placeholders.entries()) {
    result += template.slice(at, placeholder.start) + text(placeholder, index);
    at = placeholder.end;
  }
  return result + template.slice(at);
}
