import { MegalithError } from '../errors.js';
import { fieldsOf } from '../protocol/foreign-json.js';
import { csvStyle } from './csv-style.js';
import type { DataPart } from './data-part.js';

/**
 * A part, as `data()` makes them, of what a task was given.
 * @throws MegalithError USAGE for what is none
 */
export function requirePart(value: unknown): DataPart {
  const { megalith, from, name, start, end, format } = fieldsOf(value);
  const { file, url } = fieldsOf(from);
  const isPart =
    megalith === 'part' && typeof name === 'string' && (typeof file === 'string' || typeof url === 'string');
  if (!isPart) {
    throw new MegalithError('USAGE', 'open() was given what is no part of an object', {
      hint: 'open the item of a task whose items come from data()',
    });
  }
  if (!isOffset(start) || !isOffset(end)) {
    throw new MegalithError('USAGE', `the part of "${name}" from byte ${start} to ${end} is none`);
  }
  requireFormat(name, start, format);
  return value as DataPart;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function requireFormat(name: string, start: number, format: unknown): void {
  const fields = fieldsOf(format);
  const { type } = fields;
  switch (type) {
    case 'bytes':
    case 'lines':
    case 'ndjson':
      return;
    case 'csv':
      csvStyle({ ...textIn(fields, 'quote'), ...textIn(fields, 'delimiter') });
      return;
    case 'records':
      if (Number.isSafeInteger(fields.bytes) && (fields.bytes as number) > 0) return;
      throw new MegalithError('USAGE', `records of ${fields.bytes} bytes, as "${name}" is to have, can't be`);
    case 'gzip':
      if (start !== 0) {
        throw new MegalithError('USAGE', `"${name}" is compressed and can't be read from byte ${start}`, {
          hint: 'take a compressed object as one part',
        });
      }
      if (fieldsOf(fields.inner).type === 'gzip') break;
      requireFormat(name, 0, fields.inner);
      return;
  }
  throw new MegalithError('USAGE', `"${name}" has the format "${String(type)}", which can't be read here`, {
    hint: "the formats are 'bytes', 'lines', 'csv', 'ndjson', 'records' and 'gzip' with another one inside",
  });
}

function textIn(fields: Readonly<Record<string, unknown>>, field: string): Readonly<Record<string, string>> {
  return fields[field] === undefined ? {} : { [field]: String(fields[field]) };
}
