import { createHash } from 'node:crypto';
import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import { fileFailure } from './file-failure.js';
import { openForReading } from './open-file.js';

const read = promisify(readCallback);
const chunkBytes = 1024 * 1024;

/** Bytes of a SHA-256. */
export const digestBytes = 32;

/**
 * The SHA-256 of a file. The file is left open for `use`, if there is one, so that what follows is done to that very file.
 * @throws MegalithError NOT_FOUND, USAGE
 */
export async function digestOf(
  path: Buffer,
  check: () => void,
  use?: (digest: Buffer, descriptor: number) => void,
): Promise<Buffer> {
  let descriptor: number | undefined;
  try {
    descriptor = openForReading(path);
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(chunkBytes);
    for (;;) {
      const { bytesRead } = await read(descriptor, buffer, 0, chunkBytes, null);
      check();
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
    const digest = hash.digest();
    use?.(digest, descriptor);
    return digest;
  } catch (cause) {
    throw fileFailure(path, 'read', cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
