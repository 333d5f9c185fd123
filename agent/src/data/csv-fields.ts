import { MegalithError } from '../errors.js';

export interface CsvCharacters {
  readonly quote: string;
  readonly delimiter: string;
}

/** The fields of one record of CSV. Undefined where a quote is not closed. */
export function csvFields(record: string, { quote, delimiter }: CsvCharacters): string[] | undefined {
  if (!record.includes(quote)) return record.split(delimiter);
  const fields: string[] = [];
  for (let at = 0; ; ) {
    let field = '';
    if (record[at] === quote) {
      let closing = record.indexOf(quote, at + 1);
      let from = at + 1;
      // A doubled quote is one of the field.
      while (closing >= 0 && record[closing + 1] === quote) {
        field += record.slice(from, closing + 1);
        from = closing + 2;
        closing = record.indexOf(quote, from);
      }
      if (closing < 0) return undefined;
      field += record.slice(from, closing);
      at = closing + 1;
    }
    const end = record.indexOf(delimiter, at);
    if (end < 0) {
      fields.push(field + record.slice(at));
      return fields;
    }
    fields.push(field + record.slice(at, end));
    at = end + 1;
  }
}

/**
 * Names the columns of an object; without a header they are numbered from 0.
 * @throws MegalithError USAGE where two have one name
 */
export function columnNames(header: string, characters: CsvCharacters, name: string): readonly string[] {
  const names = csvFields(header, characters);
  if (names === undefined) throw new MegalithError('USAGE', `the header of "${name}" has a quote that is not closed`);
  const twice = names.find((column, at) => names.indexOf(column) < at);
  if (twice === undefined) return names;
  throw new MegalithError('USAGE', `the header of "${name}" has the column "${twice}" twice`, {
    hint: 'take lines() or records(), and split them',
  });
}

/** Undefined where there are more or fewer fields than names. */
export function rowOf(
  fields: readonly string[],
  names: readonly string[] | undefined,
): Record<string, string> | undefined {
  if (names === undefined) return { ...fields } as unknown as Record<string, string>;
  if (names.length !== fields.length) return undefined;
  // Defines what is named `__proto__` too, which an assignment does not.
  if (names.includes('__proto__')) return Object.fromEntries(names.map((name, at) => [name, fields[at]!]));
  const row: Record<string, string> = {};
  for (let at = 0; at < names.length; at++) row[names[at]!] = fields[at]!;
  return row;
}
