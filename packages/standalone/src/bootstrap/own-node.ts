import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

/** The Node that runs this client. */
export interface OwnNode {
  /** Such as `v20.20.2`. */
  readonly version: string;
  readonly platform: string;
  readonly arch: string;
  readonly libc: 'glibc' | 'musl';
  readonly path: string;
}

export function ownNode(): OwnNode {
  return {
    version: process.version,
    platform: process.platform,
    arch: process.arch,
    libc: glibcVersion() === undefined ? 'musl' : 'glibc',
    path: process.execPath,
  };
}

/** SHA-256 of a file, hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * A file as a gzip stream. Level 1: the client's binary is 40 instead of 36 MB, in a third of the time.
 */
export function gzipped(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  file.on('error', error => gzip.destroy(error));
  gzip.on('close', () => file.destroy());
  return file.pipe(gzip);
}

/** Undefined for a Node that is linked against musl. */
function glibcVersion(): string | undefined {
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}
