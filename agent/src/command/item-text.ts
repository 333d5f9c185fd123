import { MegalithError } from '../errors.js';

/** Which part of an item a placeholder stands for. The names are those of GNU parallel. */
export type Placeholder = { readonly part: '' | '.' | '/' | '//' | '/.' | '#' } | { readonly field: string };

// A field's name is an identifier or, for arrays, a position counted from 1.
const placeholderPattern = /\{(\.|\/\/|\/\.|\/|#|[A-Za-z_]\w*|\d+)?\}/g;

export interface FoundPlaceholder {
  readonly placeholder: Placeholder;
  readonly start: number;
  readonly end: number;
}

const parts: readonly string[] = ['', '.', '/', '//', '/.', '#'];

/** All placeholders of a template, in order; `{name}` counts only where `hasField` knows the name. */
export function findPlaceholders(template: string, hasField: (name: string) => boolean): FoundPlaceholder[] {
  return [...template.matchAll(placeholderPattern)].flatMap(match => {
    const inner = match[1] ?? '';
    const placeholder = parts.includes(inner) ? ({ part: inner } as Placeholder) : { field: inner };
    if ('field' in placeholder && !hasField(placeholder.field)) return [];
    return [{ placeholder, start: match.index, end: match.index + match[0].length }];
  });
}

/** Whether an item is one whose fields can be named in a template. */
export function hasField(item: unknown, name: string): boolean {
  if (Array.isArray(item)) return /^\d+$/.test(name) && Number(name) >= 1 && Number(name) <= item.length;
  return typeof item === 'object' && item !== null && Object.hasOwn(item, name);
}

/**
 * What a placeholder stands for.
 * @param sequence the task's number, counted from 1
 * @throws MegalithError USAGE when the text holds a NUL, which no argument of a program can
 */
export function placeholderText(placeholder: Placeholder, item: unknown, sequence: number): string {
  if ('field' in placeholder) {
    const fields = item as Readonly<Record<string, unknown>>;
    return itemText(Array.isArray(item) ? item[Number(placeholder.field) - 1] : fields[placeholder.field], sequence);
  }
  if (placeholder.part === '#') return String(sequence);
  const text = itemText(item, sequence);
  switch (placeholder.part) {
    case '':
      return text;
    case '.':
      return withoutExtension(text);
    case '/':
      return baseName(text);
    case '//':
      return folderName(text);
    case '/.':
      return withoutExtension(baseName(text));
  }
}

/** An item as one argument: strings and numbers as they are, everything else as JSON. */
export function itemText(item: unknown, sequence: number): string {
  const text = typeof item === 'string' ? item : plainText(item);
  if (text === undefined) {
    throw new MegalithError('USAGE', `item ${sequence} is a ${typeof item}, which has no text for a command`, {
      hint: 'give strings, numbers, or plain objects',
    });
  }
  if (text.includes('\0')) {
    throw new MegalithError('USAGE', `item ${sequence} holds a NUL byte, which no command argument can`, {
      hint: 'write the item to a file and give the name of the file',
    });
  }
  return text;
}

function plainText(item: unknown): string | undefined {
  if (typeof item === 'number' || typeof item === 'bigint' || typeof item === 'boolean') return String(item);
  try {
    return JSON.stringify(item);
  } catch (cause) {
    throw new MegalithError('USAGE', `an item cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
}

function withoutExtension(path: string): string {
  return path.replace(/\.[^/.]+$/, '');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderName(path: string): string {
  if (!path.includes('/')) return '.';
  return path.replace(/\/+[^/]*$/, '') || '/';
}
