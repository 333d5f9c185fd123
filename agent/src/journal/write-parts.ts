/** Parts shorter than this on average are copied. */
const crumbBytes = 4096;

/** Many small parts are joined: copying them costs a fifth of writing them one by one (1,000 parts of 100 bytes, Node 20). */
export function withoutCrumbs(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  if (parts.length < 8) return parts;
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return byteLength < parts.length * crumbBytes ? [Buffer.concat(parts, byteLength)] : parts;
}

/** What is left of `parts` after their first `byteCount` bytes. */
export function withoutFirst(parts: Uint8Array[], byteCount: number): Uint8Array[] {
  let left = byteCount;
  for (const [position, part] of parts.entries()) {
    if (left < part.byteLength) return [part.subarray(left), ...parts.slice(position + 1)];
    left -= part.byteLength;
  }
  return [];
}
