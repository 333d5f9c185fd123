import { MegalithError } from '../errors.js';
import type { CsvStyle } from './csv-end.js';

export interface CsvOptions {
  /** @defaultValue `"` */
  readonly quote?: string;
  /** @defaultValue `,` */
  readonly delimiter?: string;
}

/** @throws MegalithError USAGE for what is not one ASCII character */
export function csvStyle({ quote = '"', delimiter = ',' }: CsvOptions): CsvStyle {
  const style = { quote: asciiCode('quote', quote), delimiter: asciiCode('delimiter', delimiter) };
  if (style.quote !== style.delimiter) return style;
  throw new MegalithError('USAGE', `"${quote}" can't be both quote and delimiter of CSV`);
}

function asciiCode(what: string, character: string): number {
  const code = character.charCodeAt(0);
  if (character.length === 1 && code < 128 && character !== '\n' && character !== '\r') return code;
  throw new MegalithError('USAGE', `"${character}" can't be the ${what} of CSV`, {
    hint: 'name one ASCII character that is no newline',
  });
}
