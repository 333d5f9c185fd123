import { MegalithError } from '@megalith/agent';
import { isKey } from './object-key.js';

/** What `s3://bucket/prefix` names. */
export interface S3Place {
  readonly url: string;
  readonly bucket: string;
  /** Before every key; empty, or with a slash at its end. */
  readonly prefix: string;
}

/** With a key of 800 bytes behind it still one of S3's 1,024. */
const longestPrefixBytes = 200;

/** @throws MegalithError CONFIG */
export function s3Place(url: string): S3Place {
  const [, bucket, rest = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? [];
  const prefix = rest.replace(/\/$/, '');
  const isPrefix = prefix === '' || (isKey(prefix) && Buffer.byteLength(prefix) <= longestPrefixBytes);
  if (bucket === undefined || !isPrefix) {
    throw new MegalithError('CONFIG', `"${url}" names no bucket`, {
      hint: 'write s3://bucket or s3://bucket/prefix; a prefix has no empty parts and 200 bytes at most',
      details: { url },
    });
  }
  return prefix === ''
    ? { url: `s3://${bucket}`, bucket, prefix }
    : { url: `s3://${bucket}/${prefix}`, bucket, prefix: `${prefix}/` };
}
