import { appendFileSync } from 'node:fs';

export interface WordCount {
  readonly words: number;
}

export function wordCount({ text }: { readonly text: string }): WordCount {
  return { words: text.split(/\s+/).length };
}

export interface Recorded {
  readonly value: number;
  readonly path: string;
}

/** Leaves a line where it runs, so that a test can tell that it did not. */
export function recordAndSum(values: readonly Recorded[]): number {
  for (const { path } of values) if (path !== '') appendFileSync(path, 'reduced\n');
  return values.reduce((total, { value }) => total + value, 0);
}
