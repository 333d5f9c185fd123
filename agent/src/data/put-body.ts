import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes that can be sent again, as many as were said. */
export interface PutBody {
  readonly bytes: number;
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  close(): Promise<void>;
}

export function bytesBody(bytes: Uint8Array): PutBody {
  return { bytes: bytes.length, read: () => (bytes.length === 0 ? [] : [bytes]), close: async () => undefined };
}

/** Writes a stream to a file first, for its length must be known before it is sent. The file has no name: it goes with this process. */
export async function spooledBody(chunks: AsyncIterable<Uint8Array>): Promise<PutBody> {
  const path = join(tmpdir(), `megalith-put-${randomBytes(8).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await rm(path);
    let bytes = 0;
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      bytes += chunk.length;
    }
    const read = (): AsyncIterable<Uint8Array> | Iterable<Uint8Array> =>
      bytes === 0 ? [] : createReadStream('', { fd: file.fd, autoClose: false, start: 0, end: bytes - 1 });
    return { bytes, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
