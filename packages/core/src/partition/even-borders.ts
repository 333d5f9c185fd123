/** How an object is cut without being looked at. */
export interface EvenCut {
  readonly chunkBytes?: number | undefined;
  readonly chunks?: number | undefined;
  /** Borders are multiples of it: of records of a fixed size. @defaultValue 1 */
  readonly unitBytes?: number;
}

/**
 * Where the parts of an object begin, ascending, the first at 0; with the object's end they tile it. An empty object is one empty part, so that no object
 * is lost.
 */
export function evenBorders(bytes: number, { chunkBytes, chunks, unitBytes = 1 }: EvenCut): number[] {
  const units = Math.ceil(bytes / unitBytes);
  if (units <= 1) return [0];
  if (chunks !== undefined) {
    const count = Math.min(chunks, units);
    return Array.from({ length: count }, (_, i) => Math.floor((i * units) / count) * unitBytes);
  }
  if (chunkBytes === undefined) return [0];
  const stepBytes = Math.max(1, Math.floor(chunkBytes / unitBytes)) * unitBytes;
  return Array.from({ length: Math.ceil(bytes / stepBytes) }, (_, i) => i * stepBytes);
}
