import type { IncomingHttpHeaders } from 'node:http';
import { MegalithError } from '../errors.js';
import { dataChanged, dataMissing } from './read-failure.js';

/** What is known of the object that ranges are asked of. */
export interface KnownObject {
  readonly name: string;
  /** Its etag; a weak one may keep its `W/`. */
  readonly version: string | undefined;
  readonly bytes: number | undefined;
  /** Its bytes are unpacked as they are read. */
  readonly isPacked: boolean;
  /** Its URL has a signature, which runs out. */
  readonly isSigned: boolean;
}

export type RangeAnswer =
  /** The object ends at or before the byte asked for. */
  | { readonly type: 'end' }
  /** As before, the condition set aside: a weak etag never meets it, and is to be compared here. */
  | { readonly type: 'unconditional' }
  /** The same again after a pause. */
  | { readonly type: 'busy'; readonly why: string }
  | {
      readonly type: 'bytes';
      /** Of the body, before the byte asked for: the server does no ranges. */
      readonly skip: number;
      /** Of the body after `skip`, where it is known. */
      readonly length: number | undefined;
      readonly total: number | undefined;
      readonly version: string | undefined;
    };

/**
 * What a server's answer to "bytes from `start`" means.
 * @throws MegalithError NOT_FOUND, DATA_CHANGED, STORE_FAILED
 */
export function judgeAnswer(
  known: KnownObject,
  start: number,
  isConditional: boolean,
  answer: { readonly status: number; readonly headers: IncomingHttpHeaders },
): RangeAnswer {
  const { status, headers } = answer;
  const { name } = known;
  switch (status) {
    case 200:
    case 206:
      return bytesOf(known, start, status, headers);
    case 416:
      return { type: 'end' };
    case 412:
      if (isConditional) return { type: 'unconditional' };
      throw dataChanged(name, 'its etag is another');
    case 404:
    case 410:
      throw dataMissing(name);
    case 401:
    case 403:
      throw new MegalithError('STORE_FAILED', `"${name}" may not be read: its store answered ${status}`, {
        hint: known.isSigned
          ? 'the permission that the task got may have run out: submit the job again, in smaller pieces if it takes long'
          : 'see who may read it',
      });
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return { type: 'busy', why: `its store answered ${status}` };
  }
  throw new MegalithError('STORE_FAILED', `"${name}" can't be read: its store answered ${status}`, {
    hint: 'see whether its address is right',
  });
}

function bytesOf(known: KnownObject, start: number, status: number, headers: IncomingHttpHeaders): RangeAnswer {
  const { name } = known;
  const encoding = headers['content-encoding'];
  // Ranges are of what is stored, and so are these bytes: right for what is unpacked here, and for nothing else.
  if (encoding !== undefined && encoding !== 'identity' && !known.isPacked) {
    throw new MegalithError('STORE_FAILED', `"${name}" comes packed as "${encoding}", though asked for as it is`, {
      hint: "read it with the format 'gzip'",
    });
  }
  const version = headers.etag;
  requireSameVersion(known, version);
  const { first, length, total } = status === 206 ? rangeOf(name, headers) : wholeOf(headers, known.bytes);
  if (total !== undefined && known.bytes !== undefined && total !== known.bytes) {
    throw dataChanged(name, `it has ${total} bytes now, not ${known.bytes}`);
  }
  if (status === 206 && first !== start) {
    throw new MegalithError(
      'STORE_FAILED',
      `asked for "${name}" from byte ${start}, its server gave it from ${first}`,
      {
        hint: 'its server does ranges wrong: copy it to a store, or read it as one part',
      },
    );
  }
  if (length !== undefined && first + length <= start) return { type: 'end' };
  const skip = start - first;
  return { type: 'bytes', skip, length: length === undefined ? undefined : length - skip, total, version };
}

function requireSameVersion(known: KnownObject, version: string | undefined): void {
  if (known.version === undefined) return;
  if (version === undefined) {
    throw new MegalithError('STORE_FAILED', `which version of "${known.name}" its server sends, it does not say`, {
      hint: 'without its etag nobody can tell whether it changed: read it from a server that gives one',
    });
  }
  if (plainEtag(version) !== plainEtag(known.version)) throw dataChanged(known.name, 'its etag is another');
}

function rangeOf(name: string, headers: IncomingHttpHeaders) {
  const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  if (found === null) {
    throw new MegalithError('STORE_FAILED', `which bytes of "${name}" its server sends, it does not say`, {
      hint: 'its server does ranges wrong: copy it to a store, or read it as one part',
    });
  }
  const [, first, last, total] = found;
  return {
    first: Number(first),
    length: Number(last) - Number(first) + 1,
    total: total === '*' ? undefined : Number(total),
  };
}

function wholeOf(headers: IncomingHttpHeaders, knownBytes: number | undefined) {
  const stated = headers['content-length'];
  const total = stated === undefined ? undefined : Number(stated);
  return { first: 0, length: total ?? knownBytes, total };
}

function plainEtag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

/** As a header has it. */
export function quotedEtag(etag: string): string {
  return /^(W\/)?"/.test(etag) ? etag : `"${etag}"`;
}
