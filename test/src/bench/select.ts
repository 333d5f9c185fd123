import type { Bench } from './bench.js';

/**
 * The benches that are asked for: all without names; `map` is one bench, `map/shared` its cases that begin with `shared`.
 * Throws a RangeError that lists the names for one that fits nothing.
 */
export function select(benches: readonly Bench[], names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return benches;
  for (const name of names) {
    if (!benches.some(bench => bench.cases.some(({ name: subject }) => fits(name, bench.name, subject)))) {
      const known = benches.flatMap(bench => [bench.name, ...groupsOf(bench)]);
      throw new RangeError(`no bench is named "${name}"; there are ${known.join(', ')}`);
    }
  }
  return benches
    .map(bench => ({
      ...bench,
      cases: bench.cases.filter(subject => names.some(name => fits(name, bench.name, subject.name))),
    }))
    .filter(bench => bench.cases.length > 0);
}

function fits(asked: string, bench: string, subject: string): boolean {
  return asked === bench || (`${bench}/${subject}`.startsWith(asked) && asked.startsWith(`${bench}/`));
}

function groupsOf(bench: Bench): string[] {
  return [...new Set(bench.cases.map(subject => `${bench.name}/${subject.name.split('/')[0]}`))];
}
