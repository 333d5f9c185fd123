import { MegalithError } from '@megalith/agent';

export interface ConfigProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Where in the file, such as `['hosts', 'alpha', 'port']`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, as the end of a sentence that begins with the path. */
  readonly what: string;
  readonly hint: string;
}

/** A CONFIG error for one place of a config file; `details` has file, line and path. */
export function configProblem({ file, line, path, what, hint }: ConfigProblem): MegalithError {
  const where = pathText(path);
  const at = line === undefined ? '' : `, line ${line}`;
  return new MegalithError('CONFIG', `in "${file}"${at}: ${where === '' ? what : `${where} ${what}`}`, {
    hint,
    details: { file, path: where, ...(line === undefined ? {} : { line }) },
  });
}

/** `hosts.alpha.port`, `hosts."a.example.org".hostKeys[0]`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`;
      const text = String(key);
      return `${i === 0 ? '' : '.'}${/^[\w-]+$/.test(text) ? text : JSON.stringify(text)}`;
    })
    .join('');
}

/** `a`, `a or b`, `a, b or c`, each in quotes. */
export function eitherOf(words: readonly string[]): string {
  const quoted = words.map(word => `"${word}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
