import { isAscii } from 'node:buffer';
import { type CsvOptions, csvStyle } from './csv-style.js';
import type { PlainFormat } from './part-pieces.js';
import type { Block } from './record-blocks.js';
import { cr, LfEnd, LineEnd, lf } from './record-end.js';

const bom = '\ufeff';

/** The records of a block without their newlines, as UTF-8; a byte order mark at the object's beginning is in none of them. */
export function textsOf(block: Block, format: PlainFormat): string[] {
  const { at, bytes } = block;
  if (format.type === 'ndjson') return splitAtLf(textOf(at, bytes, 0, bytes.length));
  if (format.type === 'csv' && hasQuotes(bytes, format)) {
    // A character is a byte then, and a slice of one text much cheaper than a text for each.
    const whole = at > 0 && isAscii(bytes) ? bytes.toString('latin1') : undefined;
    let begin = 0;
    return endsOf(block, format).map(end => {
      const bare = bareEnd(bytes, begin, end);
      const text = whole?.slice(begin, bare) ?? textOf(at, bytes, begin, bare);
      begin = end;
      return text;
    });
  }
  return splitLines(textOf(at, bytes, 0, bytes.length));
}

/** The records of a block, without their newlines: views of it. */
export function recordsOf(block: Block, format: PlainFormat): Buffer[] {
  const { bytes } = block;
  let begin = 0;
  return endsOf(block, format).map(end => {
    const record = bytes.subarray(begin, format.type === 'records' ? end : bareEnd(bytes, begin, end));
    begin = end;
    return record;
  });
}

/** Where in the object a block's record begins; for errors. */
export function recordAt(block: Block, record: number, format: PlainFormat): number {
  return block.at + (record === 0 ? 0 : (endsOf(block, format)[record - 1] ?? 0));
}

/** The object's first record without newline and byte order mark. */
export function headerText(bytes: Buffer): string {
  return textOf(0, bytes, 0, bareEnd(bytes, 0, bytes.length));
}

/** Where each record of a block ends, behind its newline. */
export function endsOf({ bytes, ends }: Block, format: PlainFormat): readonly number[] {
  if (format.type === 'csv' && (ends !== undefined || hasQuotes(bytes, format))) return ends ?? [bytes.length];
  if (format.type === 'records') {
    const count = Math.ceil(bytes.length / format.bytes);
    return Array.from({ length: count }, (_, i) => Math.min(bytes.length, (i + 1) * format.bytes));
  }
  const found: number[] = [];
  const end = format.type !== 'ndjson' && bytes.includes(cr) ? new LineEnd() : new LfEnd();
  for (let at = end.find(bytes, 0); at >= 0; at = end.find(bytes, at)) found.push(at);
  if ((found.at(-1) ?? 0) < bytes.length) found.push(bytes.length);
  return found;
}

function hasQuotes(bytes: Buffer, format: CsvOptions): boolean {
  return bytes.includes(csvStyle(format).quote);
}

function bareEnd(bytes: Buffer, begin: number, end: number): number {
  let bare = end;
  if (bare > begin && bytes[bare - 1] === lf) bare--;
  if (bare > begin && bytes[bare - 1] === cr) bare--;
  return bare;
}

function textOf(at: number, bytes: Buffer, begin: number, end: number): string {
  const text = bytes.toString('utf8', begin, end);
  return at + begin === 0 && text.startsWith(bom) ? text.slice(1) : text;
}

function splitLines(text: string): string[] {
  const lines = splitAtLf(text);
  return text.includes('\r') ? lines.flatMap(line => (line.includes('\r') ? line.split('\r') : [line])) : lines;
}

function splitAtLf(text: string): string[] {
  const lines = text.split('\n');
  if (text.endsWith('\n')) lines.pop();
  return text.includes('\r') ? lines.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line)) : lines;
}
