import { badInput } from './source-error.js';

/** Bytes as they arrive. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Decodes UTF-8 as it arrives, without a byte order mark. Bytes that are not UTF-8 are an error, never replaced. */
export async function* text(bytes: ByteSource, source: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) {
      const decoded = decoder.decode(chunk, { stream: true });
      if (decoded !== '') yield decoded;
    }
    decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw badInput(source, undefined, 'it is not UTF-8 text', 'convert it first, for example with "iconv -t utf-8"');
  }
}
