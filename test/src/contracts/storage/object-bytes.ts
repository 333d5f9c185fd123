import type { OpenStore, ReadOptions, StoredObject } from '@megalith/core';

export const utf8 = (text: string) => new TextEncoder().encode(text);

export async function* chunked(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

export async function bytesOf(store: OpenStore, key: string, options?: ReadOptions): Promise<Buffer> {
  return Buffer.concat(await gathered(await store.get(key, options)));
}

export async function textOf(store: OpenStore, key: string, options?: ReadOptions): Promise<string> {
  return (await bytesOf(store, key, options)).toString();
}

export async function listed(store: OpenStore, prefix?: string): Promise<StoredObject[]> {
  return gathered(store.list(prefix));
}

export async function keysOf(store: OpenStore, prefix?: string): Promise<string[]> {
  return (await listed(store, prefix)).map(({ key }) => key);
}

/** Bytes in which a piece is rarely where it does not belong. */
export function pattern(bytes: number): Uint8Array {
  const block = Uint8Array.from({ length: Math.min(bytes, 65_537) }, (_, at) => (at * 31 + (at >> 8) * 7) % 256);
  return new Uint8Array(Buffer.alloc(bytes, block));
}

export async function gathered<T>(things: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}
