/** Below this length a loop is faster than a call out of JavaScript. */
const shortBytes = 24;

/** Copies `from[start, end)` to `to` at `at`. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start < shortBytes) {
    let next = at;
    for (let i = start; i < end; i++) to[next++] = from[i]!;
  } else {
    to.set(from.subarray(start, end), at);
  }
}
