import { MegalithError } from '../errors.js';
import { parseRecord } from './failure-message.js';

/** What a client asks of the far side. Paths are relative to the job's folder. */
export interface FilesRequest {
  /** `put`: the client sends a tree for each path. `get`: the far side does. */
  readonly deed: 'put' | 'get';
  readonly paths: readonly string[];
}

/** Raised when the two sides could no longer understand each other. */
const filesVersion = 1;

export function encodeRequest(request: FilesRequest): Buffer {
  return Buffer.from(JSON.stringify({ version: filesVersion, ...request }));
}

/** @throws MegalithError PROTOCOL */
export function decodeRequest(payload: Buffer): FilesRequest {
  const { version, deed, paths } = parseRecord(payload);
  if (version !== filesVersion) {
    throw new MegalithError('PROTOCOL', 'the two sides speak different versions of file transfer', {
      hint: 'let a client of the same version start its own agent',
    });
  }
  if ((deed !== 'put' && deed !== 'get') || !Array.isArray(paths) || !paths.every(path => typeof path === 'string')) {
    throw new MegalithError('PROTOCOL', 'the client asked for something that is no file transfer');
  }
  return { deed, paths };
}
