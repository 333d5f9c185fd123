import type { TaskContext } from '@megalith/core';

export function double(x: number): number {
  return 2 * x;
}

export function addPair([a, b]: readonly [number, number]): number {
  return a + b;
}

export function addNamed({ x, y }: { readonly x: number; readonly y: number }): number {
  return x + y;
}

export function length(items: readonly unknown[]): number {
  return items.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function identity<T>(value: T): T {
  return value;
}

/** How the item arrived: what a task that expects one argument sees. */
export function shapeOfArguments(...all: readonly unknown[]): { count: number; item: unknown; kind: string } {
  const [item] = all;
  return { count: all.length, item, kind: Array.isArray(item) ? 'array' : typeof item };
}

export function indexAndAttempt(_item: unknown, { index, attempt }: TaskContext): { index: number; attempt: number } {
  return { index, attempt };
}
