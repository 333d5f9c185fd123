import { pathToFileURL } from 'node:url';
import type { OriginalPosition } from './original-position.js';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Text that is written piece by piece, and remembers where its pieces came from (source map, revision 3). */
export class MappedText {
  #text = '';
  #mappings = '';
  readonly #sources: string[] = [];
  #line = 0;
  #column = 0;
  /** The last segment: generated column, source, line, column. Each new one is written as the difference. */
  #last = [0, 0, 0, 0];
  #isFirstOfLine = true;

  write(text: string): void {
    this.#text += text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      this.#mappings += ';';
      this.#line++;
      this.#column = 0;
      this.#last[0] = 0;
      this.#isFirstOfLine = true;
    }
    this.#column += text.length - (text.lastIndexOf('\n') + 1);
  }

  /** What is written next was written there by the user. */
  mark(origin: OriginalPosition | undefined): void {
    if (origin === undefined) return;
    const url = pathToFileURL(origin.path).href;
    let source = this.#sources.indexOf(url);
    if (source === -1) source = this.#sources.push(url) - 1;
    const segment = [this.#column, source, origin.line, origin.column];
    this.#mappings +=
      (this.#isFirstOfLine ? '' : ',') + segment.map((field, index) => vlq(field - this.#last[index]!)).join('');
    this.#last = segment;
    this.#isFirstOfLine = false;
  }

  /** The text with its map in a comment, which esbuild carries over into the bundle's. */
  toString(): string {
    const map = { version: 3, sources: this.#sources, names: [], mappings: this.#mappings };
    return `${this.#text}\n${sourceMapComment(JSON.stringify(map))}`;
  }
}

export function sourceMapComment(map: string): string {
  return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`;
}

/** Base64 VLQ: five bits a digit, lowest first; the sign is the lowest bit. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}
