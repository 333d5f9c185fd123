import { FunctionExecutor, type TaskFuture } from '@megalith/core';
import { double, sum } from './arithmetic.js';

export async function mapInside(n: number): Promise<number[]> {
  await using executor = new FunctionExecutor();
  return await executor.map(
    double,
    Array.from({ length: n }, (_, i) => i),
  );
}

/** A tree of tasks: each waits for its children, so that with few processors all of them wait at once. */
export async function countLeaves(depth: number): Promise<number> {
  if (depth === 0) return 1;
  await using executor = new FunctionExecutor();
  return sum(await executor.map(countLeaves, [depth - 1, depth - 1]));
}

export function returnFuture(x: number): TaskFuture<number> {
  return new FunctionExecutor().callAsync(double, x);
}

export function returnFutures(x: number): TaskFuture<number>[] {
  return [...new FunctionExecutor().map(double, [x, x + 1])];
}

export function returnTwoLists(x: number): TaskFuture<number>[] {
  const executor = new FunctionExecutor();
  return [...executor.map(double, [x]), ...executor.map(double, [x + 1, x + 2])];
}

export async function returnJob(x: number): Promise<number[]> {
  return new FunctionExecutor().map(double, [x, x + 1]);
}

export async function failInside(_item: undefined): Promise<number[]> {
  await using executor = new FunctionExecutor();
  return await executor.map(
    (x: number) => {
      if (x === 1) throw new RangeError('the inner task failed');
      return x;
    },
    [0, 1],
  );
}
