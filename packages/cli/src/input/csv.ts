import { badInput } from './source-error.js';

/**
 * Reads RFC 4180 text as it arrives: fields may be quoted, quotes in them are doubled, and a quoted field may hold
 * commas and line ends. Lines end in LF or CRLF; empty lines are skipped. Each row comes as an object by the header.
 * Values stay strings. A row with more or fewer fields than the header is an error.
 */
export async function* csv(chunks: AsyncIterable<string>, source: string): AsyncGenerator<Record<string, string>> {
  let header: readonly string[] | undefined;
  for await (const { fields, line } of csvRows(chunks, source)) {
    if (header === undefined) {
      const twice = fields.find((name, i) => fields.indexOf(name) !== i);
      if (twice !== undefined) throw badInput(source, line, `the header has "${twice}" twice`);
      header = fields;
      continue;
    }
    if (fields.length !== header.length) {
      throw badInput(source, line, `the row has ${fields.length} fields, the header ${header.length}`);
    }
    yield Object.fromEntries(header.map((name, i) => [name, fields[i]!]));
  }
}

interface CsvRow {
  readonly fields: readonly string[];
  /** The line where it begins, from 1. */
  readonly line: number;
}

type State = 'field-start' | 'plain' | 'quoted' | 'quote-in-quoted';

async function* csvRows(chunks: AsyncIterable<string>, source: string): AsyncGenerator<CsvRow> {
  let state: State = 'field-start';
  let fields: string[] = [];
  let field = '';
  let line = 1;
  let rowLine = 1;

  const endField = () => {
    fields.push(field);
    field = '';
    state = 'field-start';
  };
  const endRow = (): CsvRow | undefined => {
    if (state === 'plain' && field.endsWith('\r')) field = field.slice(0, -1);
    const blank = fields.length === 0 && field === '' && state !== 'quote-in-quoted';
    endField();
    const row = blank ? undefined : { fields, line: rowLine };
    fields = [];
    rowLine = line + 1;
    return row;
  };

  for await (const chunk of chunks) {
    let i = 0;
    while (i < chunk.length) {
      if (state === 'quoted') {
        const quote = chunk.indexOf('"', i);
        const end = quote === -1 ? chunk.length : quote;
        const part = chunk.slice(i, end);
        field += part;
        line += newlines(part);
        if (quote !== -1) state = 'quote-in-quoted';
        i = end + 1;
        continue;
      }
      const char = chunk[i]!;
      i++;
      if (char === '\n') {
        const row = endRow();
        line++;
        if (row !== undefined) yield row;
      } else if (char === ',') endField();
      else if (char === '"' && state === 'field-start') state = 'quoted';
      else if (char === '"' && state === 'quote-in-quoted') {
        field += '"';
        state = 'quoted';
      } else if (state === 'quote-in-quoted') {
        // Only the line end may follow a closing quote.
        if (char !== '\r')
          throw badInput(
            source,
            line,
            `"${char}" after a closing quote`,
            'a quote inside a quoted field is written twice',
          );
      } else {
        const end = plainEnd(chunk, i);
        field += chunk.slice(i - 1, end);
        state = 'plain';
        i = end;
      }
    }
  }
  if (state === 'quoted') throw badInput(source, rowLine, 'a quoted field of this row never ends');
  const last = endRow();
  if (last !== undefined) yield last;
}

function plainEnd(chunk: string, from: number): number {
  let i = from;
  while (i < chunk.length && chunk[i] !== ',' && chunk[i] !== '\n') i++;
  return i;
}

function newlines(part: string): number {
  let count = 0;
  for (let at = part.indexOf('\n'); at !== -1; at = part.indexOf('\n', at + 1)) count++;
  return count;
}
