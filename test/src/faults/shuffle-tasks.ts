import type { TaskContext } from '@megalith/core';

/** Pairs of a few keys, one of them in half of all pairs, with values that take much more than a task's memory. */
export function* pairs(part: number, { attempt }: TaskContext): Generator<[string, string]> {
  for (let i = 0; i < 4000; i++) {
    yield [i % 2 === 0 ? 'giant' : `key ${i % 7}`, `${part}:${i}${'.'.repeat(200)}`];
    // By then some runs are on disk.
    if (part === 1 && attempt === 1 && i === 3000) process.kill(process.pid, 'SIGKILL');
  }
}

/** Count, first and last of each key's values. Dies in the middle of the giant one, once. */
export function ends(
  key: string,
  values: Iterable<string>,
  { attempt }: TaskContext,
): readonly [number, string, string] {
  let [count, first, last] = [0, '', ''];
  for (const value of values) {
    if (count === 0) first = value;
    last = value;
    count++;
    if (key === 'giant' && attempt === 1 && count === 5000) process.kill(process.pid, 'SIGKILL');
  }
  return [count, first, last];
}

/** Lines enough for several runs; dies on the way, once. */
export function* lines(part: number, { attempt }: TaskContext): Generator<string> {
  for (let i = 0; i < 3000; i++) {
    yield `${(i * 7919) % 3001}:${part}${'.'.repeat(100)}`;
    if (attempt === 1 && i === 2500) process.kill(process.pid, 'SIGKILL');
  }
}
