/** One line of an `ssh_config`: the keyword in small letters, and its words without quotes. */
export interface ConfigLine {
  readonly keyword: string;
  readonly words: readonly string[];
  /** From 1. */
  readonly number: number;
}

/** The lines of an `ssh_config` that say something. `Key word`, `Key=word` and `Key = "word"` are the same. */
export function configLines(text: string): ConfigLine[] {
  return text.split('\n').flatMap((line, index) => {
    const match = /^[ \t\f\r]*([^\s=#"]+)[ \t]*=?[ \t]*(.*?)[ \t\f\r]*$/.exec(line);
    return match === null
      ? []
      : [{ keyword: match[1]!.toLowerCase(), words: configWords(match[2]!), number: index + 1 }];
  });
}

/** Words apart by blanks; quotes of either kind keep blanks, a backslash keeps a quote or itself, `#` begins a comment. */
export function configWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === '\\' && next !== undefined && (`\\"'`.includes(next) || (quote === undefined && next === ' '))) {
      word = (word ?? '') + next;
      at++;
    } else if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === ' ' || char === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '#' && word === undefined) break;
    else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
