import { isUtf8 } from 'node:buffer';

/**
 * JSON of any value that a task may give, on one line. What JSON has no words for becomes the nearest that it has:
 * a BigInt its digits as a string, a Map an array of pairs, a Set or a typed array an array, an Error its name and
 * message, bytes base64, a number that is not finite or an undefined value null.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, nearest) ?? 'null';
}

function nearest(this: unknown, key: string, value: unknown): unknown {
  // A Buffer's and a Date's own toJSON ran before; the raw value is still in its holder.
  const raw = (this as Record<string, unknown>)[key];
  if (raw instanceof Uint8Array) return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('base64');
  if (raw instanceof ArrayBuffer || raw instanceof SharedArrayBuffer) return Buffer.from(raw).toString('base64');
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof RegExp) return value.toString();
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<unknown>);
  return value;
}

/** Bytes as a field: text where they are UTF-8, else base64 under the name with `Base64` added. */
export function bytesJson(name: string, bytes: Uint8Array): Record<string, string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { [name]: buffer.toString('utf8') } : { [`${name}Base64`]: buffer.toString('base64') };
}
