import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { PackedBytes } from '../protocol/lambda-messages.js';

const compress = promisify(gzip);
const expand = promisify(gunzip);
/** Fewer bytes than these are not worth it. */
const smallBytes = 1024;

/** Bytes for a place in JSON. The fastest compression: it is paid for by the millisecond. */
export async function packBytes(bytes: Uint8Array): Promise<PackedBytes> {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (plain.length > smallBytes) {
    const smaller = await compress(plain, { level: constants.Z_BEST_SPEED });
    if (smaller.length < plain.length) return { base64: smaller.toString('base64'), gzip: true };
  }
  return { base64: plain.toString('base64') };
}

/** @throws Error for bytes that were not compressed by gzip, or are more than `maxBytes` */
export async function unpackBytes(packed: PackedBytes, maxBytes: number): Promise<Buffer> {
  const bytes = Buffer.from(packed.base64, 'base64');
  return packed.gzip === true ? await expand(bytes, { maxOutputLength: maxBytes }) : bytes;
}
