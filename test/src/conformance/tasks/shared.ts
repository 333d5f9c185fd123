import type { TaskContext } from '@megalith/core';

export function readShared(i: number, { shared }: TaskContext): number {
  return (shared.table as Float64Array)[i]!;
}

/** Adds in shared memory and gives the value from before. */
export function addToCounter(n: number, { shared }: TaskContext): number {
  return Atomics.add(shared.counter as Int32Array, 0, n);
}

export function describeShared(
  name: string,
  { shared }: TaskContext,
): { kind: string; shared: boolean; length: number } {
  const data = shared[name]!;
  const memory = ArrayBuffer.isView(data) ? data.buffer : data;
  return {
    kind: data.constructor.name,
    shared: memory instanceof SharedArrayBuffer,
    length: ArrayBuffer.isView(data) ? (data as Uint8Array).length : data.byteLength,
  };
}

export function sumShared(names: readonly string[], { shared }: TaskContext): number {
  return names.flatMap(name => [...(shared[name] as Float64Array)]).reduce((total, value) => total + value, 0);
}

export function loadSquares(): Uint32Array {
  return Uint32Array.of(1, 4, 9);
}
