import { createHash } from 'node:crypto';
import { double } from './arithmetic.js';

export function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function original(x: number): number {
  return double(x) + x;
}

export { original as renamed };

let calls = 0;
export function countCalls(_item: unknown): number {
  calls += 1;
  return calls;
}

interface Result {
  readonly kind: 'ok';
  readonly doubled: number;
}

class Doubler<T extends { readonly value: number }> {
  readonly #source: T;
  constructor(source: T) {
    this.#source = source;
  }
  result(): Result {
    return { kind: 'ok', doubled: double(this.#source.value) } satisfies Result;
  }
}

export function typed(source: { readonly value: number }): Result {
  return new Doubler(source).result();
}

export function throwsDeep(x: number): number {
  const deeper = (): never => {
    throw new Error(`deep ${x}`);
  };
  return deeper();
}

export default function exclaim(text: string): string {
  return `${text}!`;
}
