/** Where in a shell command a character stands, as far as quoting goes. */
export type ShellContext = 'plain' | 'single-quoted' | 'double-quoted' | 'unsafe';

/** One argument for a POSIX shell, whatever it holds but NUL. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes a text for the place where it is put in: an open quote is closed before it and opened anew after it. */
export function shellQuoteIn(context: Exclude<ShellContext, 'unsafe'>, text: string): string {
  switch (context) {
    case 'plain':
      return shellQuote(text);
    case 'single-quoted':
      return `'${shellQuote(text)}'`;
    case 'double-quoted':
      return `"${shellQuote(text)}"`;
  }
}

/**
 * The quoting context at each offset asked for (ascending). Places where no quoting is safe are `unsafe`: comments,
 * here-documents, backticks, `${…}`, `$((…))`, `$'…'`, and everything after what this short reading of the shell's
 * grammar does not follow.
 */
export function shellContexts(command: string, offsets: readonly number[]): ShellContext[] {
  const reader = new ShellReader(command);
  return offsets.map(offset => reader.contextAt(offset));
}

type Nest = 'plain' | 'single' | 'double' | 'substitution';

/** Reads a command from left to right, keeping account of open quotes and substitutions. */
class ShellReader {
  readonly #text: string;
  readonly #nests: Nest[] = ['plain'];
  #at = 0;
  #lost = false;
  #inComment = false;

  constructor(text: string) {
    this.#text = text;
  }

  contextAt(offset: number): ShellContext {
    while (this.#at < offset && !this.#lost) this.#step();
    // Inside an escape, or a construct that was not understood.
    if (this.#lost || this.#inComment || this.#at !== offset) return 'unsafe';
    switch (this.#nests.at(-1)) {
      case 'single':
        return 'single-quoted';
      case 'double':
        return 'double-quoted';
      default:
        return 'plain';
    }
  }

  #step(): void {
    const char = this.#text[this.#at];
    if (this.#inComment) {
      if (char === '\n') this.#inComment = false;
      this.#at++;
      return;
    }
    switch (this.#nests.at(-1)) {
      case 'single':
        if (char === "'") this.#nests.pop();
        this.#at++;
        return;
      case 'double':
        if (char === '"') this.#nests.pop();
        else this.#stepShared(char);
        this.#at++;
        return;
      default:
        this.#stepPlain(char);
        this.#at++;
    }
  }

  /** What means the same within double quotes and outside. */
  #stepShared(char: string | undefined): void {
    if (char === '\\') this.#at++;
    else if (char === '`') this.#lost = true;
    else if (char === '$') this.#stepDollar();
  }

  #stepDollar(): void {
    const rest = this.#text.slice(this.#at + 1, this.#at + 3);
    if (rest.startsWith('{') || rest === '((') this.#lost = true;
    else if (rest.startsWith('(')) {
      this.#nests.push('substitution');
      this.#at++;
    }
  }

  #stepPlain(char: string | undefined): void {
    const before = this.#text[this.#at - 1];
    if (char === "'") {
      if (before === '$') this.#lost = true;
      else this.#nests.push('single');
    } else if (char === '"') this.#nests.push('double');
    else if (char === '#' && (before === undefined || /[\s;&|()]/.test(before))) this.#inComment = true;
    else if ((char === '<' || char === '(') && this.#text[this.#at + 1] === char) this.#lost = true;
    else if (this.#nests.length > 1) this.#stepInSubstitution(char);
    else this.#stepShared(char);
  }

  #stepInSubstitution(char: string | undefined): void {
    if (char === '(') this.#nests.push('substitution');
    else if (char === ')') this.#nests.pop();
    // The patterns of `case` close parentheses that nothing opened.
    else if (char === 'c' && /^case\s/.test(this.#text.slice(this.#at))) this.#lost = true;
    else this.#stepShared(char);
  }
}
