import { randomBytes } from 'node:crypto';
import type { PutBody } from './put-body.js';
import type { PutGrant } from './put-grant.js';
import type { ObjectRequest } from './send-object.js';

/** A form with the fields of the grant, in which the file comes last. @param name behind the grant's prefix */
export function formRequest(
  { url, fields, prefix }: Extract<PutGrant, { readonly type: 'form' }>,
  name: string,
  body: PutBody,
  shown: string,
): ObjectRequest {
  const boundary = `megalith-${randomBytes(16).toString('hex')}`;
  const { key: _, ...others } = fields;
  const parts = Object.entries({ key: `${prefix}${name}`, ...others }).map(
    ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  const file =
    'Content-Disposition: form-data; name="file"; filename="object"\r\nContent-Type: application/octet-stream';
  const head = Buffer.from(`${parts.join('')}--${boundary}\r\n${file}\r\n\r\n`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    method: 'POST',
    url,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    bytes: head.length + body.bytes + tail.length,
    name: shown,
    async *read() {
      yield head;
      yield* body.read();
      yield tail;
    },
  };
}

/** A request with the object as its body. @param name behind the grant's URL */
export function putRequest(
  { url, query, headers }: Extract<PutGrant, { readonly type: 'put' }>,
  name: string,
  body: PutBody,
  shown: string,
): ObjectRequest {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return {
    method: 'PUT',
    url: `${url.replace(/\/$/, '')}/${path}${query === '' ? '' : `?${query.replace(/^\?/, '')}`}`,
    headers: { 'content-type': 'application/octet-stream', ...headers },
    bytes: body.bytes,
    name: shown,
    async *read() {
      yield* body.read();
    },
  };
}
