export interface MadeBook {
  readonly name: string;
  readonly text: string;
  readonly bytes: number;
  readonly words: number;
}

/** Words of one, two and four bytes a character; at ends of lines all three kinds of newline. */
const vocabulary = ['the', 'whale', 'and', 'sea', 'größer', 'naïve', 'île', '😀', 'a', 'harpooneer'];
const newlines = ['\n', '\n', '\r\n', '\n\n', '\r'];

/** Texts of just these sizes, the same in every run; the last word of each has no newline behind it. */
export function books(sizes: readonly number[]): MadeBook[] {
  return sizes.map((bytes, at) => madeBook(`book-${at}.txt`, bytes));
}

function madeBook(name: string, bytes: number): MadeBook {
  const pieces: string[] = [];
  let length = 0;
  let words = 0;
  for (let n = 0; length < bytes - 40; n++) {
    const piece = vocabulary[(n * n + n) % 7 === 3 ? n % 10 : (n * 7) % 10]! + between(n);
    pieces.push(piece);
    length += Buffer.byteLength(piece);
    words += 1;
  }
  pieces.push('x'.repeat(bytes - length));
  return { name, text: pieces.join(''), bytes, words: words + 1 };
}

function between(n: number): string {
  return n % 11 === 0 ? newlines[(n / 11) % newlines.length]! : ' ';
}
