import type { TaskContext } from '@megalith/core';

export function speak(name: string): void {
  console.log(`${name} says one`);
  console.error(`${name} warns`);
  process.stdout.write(`${name} writes two\n`);
}

export function speakAndThrow(words: string): never {
  console.log(words);
  throw new Error('gone');
}

export function countLines(n: number, { index }: TaskContext): void {
  for (let i = 0; i < n; i++) console.log(`${index}: line ${i} ü`);
}
