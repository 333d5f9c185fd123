import { existsSync, readFileSync } from 'node:fs';

/** The lines of a file; none where there is none. */
export function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** How often a job began and ended, as it says itself. */
export function runsIn(tally: string): { readonly began: number; readonly ended: number } {
  const lines = linesOf(tally);
  const count = (word: string): number => lines.filter(line => line === word).length;
  return { began: count('began'), ended: count('ended') };
}
