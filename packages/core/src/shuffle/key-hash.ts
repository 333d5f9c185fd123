/** Bytes that stand before a key where records are spread by it. */
export const hashBytes = 4;

/** The key's own bytes behind a hash of them: what has equal keys stays together, and ranges of hashes are of equal size. */
export function withHash(key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + hashBytes);
  bytes.writeUInt32BE(hashOf(key));
  bytes.set(key, hashBytes);
  return bytes;
}

/** The lowest hash of a part of all hashes, as bytes; undefined behind the last part. */
export function partBound(part: number, parts: number): Buffer | undefined {
  if (part >= parts) return undefined;
  const bytes = Buffer.alloc(hashBytes);
  bytes.writeUInt32BE(Math.floor((part * 2 ** 32) / parts));
  return bytes;
}

/** FNV-1a with the last step of MurmurHash3, which spreads what differs in few bits. The same in every version: results are in its order. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
