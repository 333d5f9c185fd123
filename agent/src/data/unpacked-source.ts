import type { Duplex } from 'node:stream';
import { isMegalithError, MegalithError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import type { DataPart } from './data-part.js';
import { dataChanged } from './read-failure.js';

/** What is in a compressed object. It can only be read from its beginning on. */
export class UnpackedSource implements ByteSource {
  readonly #packed: ByteSource;
  readonly #part: DataPart;

  constructor(packed: ByteSource, part: DataPart) {
    this.#packed = packed;
    this.#part = part;
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const { name } = this.#part;
    const { pipeline, Readable } = await import('node:stream');
    const chunks = this.#packed.read(0, this.#part.bytes ?? Number.MAX_SAFE_INTEGER)[Symbol.asyncIterator]();
    const first = await chunks.next();
    if (first.done === true) return;
    const unpack = await unpackerOf(first.value, name);
    pipeline(Readable.from(this.#whole(first.value, chunks)), unpack, () => undefined);
    let at = 0;
    try {
      for await (const bytes of unpack as AsyncIterable<Buffer>) {
        const from = Math.min(bytes.length, Math.max(0, start - at));
        const to = Math.min(bytes.length, end - at);
        at += bytes.length;
        if (from < to) yield bytes.subarray(from, to);
        if (at >= end) return;
      }
    } catch (error) {
      if (isMegalithError(error)) throw error;
      throw new MegalithError('USAGE', `"${name}" can't be unpacked: ${(error as Error).message}`, {
        hint: 'see that it is whole, and compressed as its name says',
        cause: error,
      });
    }
  }

  async *#whole(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { name, bytes } = this.#part;
    let given = first.length;
    try {
      yield first;
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
        given += next.value.length;
        yield next.value;
      }
      if (bytes !== undefined && given < bytes)
        throw dataChanged(name, `it ends at byte ${given} now, not at ${bytes}`);
    } finally {
      await rest.return?.();
    }
  }
}

/** By the first bytes, which gzip and Zstandard have for this; Brotli has none, and goes by the name. */
async function unpackerOf(first: Uint8Array, name: string): Promise<Duplex> {
  const zlib = await import('node:zlib');
  const begins = (...bytes: readonly number[]): boolean => bytes.every((byte, at) => first[at] === byte);
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) {
    // Newer than the oldest Node that we run on.
    const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex };
    if (createZstdDecompress !== undefined) return createZstdDecompress();
    throw new MegalithError(
      'USAGE',
      `"${name}" is compressed by Zstandard, which Node ${process.version} can't unpack`,
      {
        hint: 'run tasks with Node 22.15 or later, or compress it by gzip',
      },
    );
  }
  if (!begins(0x1f, 0x8b) && name.endsWith('.br')) return zlib.createBrotliDecompress();
  return zlib.createGunzip();
}
