/** Work without a turn of the event loop, milliseconds: this process may have others to serve. */
export const sliceMs = 8;

/** Lets whatever else is due have its turn. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
