// The client marks itself before it imports this file; anywhere else it does not load.
if (!('megalithConformanceClient' in globalThis)) throw new Error('the licence file is missing');

export function neverLoads(x: number): number {
  return x;
}
