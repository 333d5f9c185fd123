import { MegalithError } from '@megalith/agent';
import type { FoundEntry, FoundObject } from './found-object.js';

/** Of one question to a server, milliseconds. */
const deadlineMs = 30_000;
/** Servers that do not take HEAD answer with one of these; a signed URL for GET with 403. */
const refusesHead: readonly number[] = [400, 403, 405, 501];

/**
 * What an http(s) URL leads to.
 * @throws MegalithError NOT_FOUND for a dead one, STORE_FAILED where its server does not answer, or not well
 */
export async function findUrl(url: URL, signal: AbortSignal): Promise<FoundEntry> {
  // What stands behind the question mark may be a signature.
  const name = `${url.origin}${url.pathname}`;
  const head = await ask(url, name, { method: 'HEAD' }, signal);
  const answer = refusesHead.includes(head.status)
    ? await ask(url, name, { method: 'GET', headers: { range: 'bytes=0-0' } }, signal)
    : head;
  const { status, headers } = answer;
  if (status === 404 || status === 410) throw new MegalithError('NOT_FOUND', `there is no "${name}" (${status})`);
  // A range of an empty object.
  const isEmpty = status === 416 && totalOf(headers) === 0;
  if (status >= 300 && !isEmpty) {
    throw new MegalithError('STORE_FAILED', `"${name}" can't be read: its server answers ${status}`, {
      hint: status === 401 || status === 403 ? 'see whether its address needs a permission' : 'try it in a browser',
      details: { status },
    });
  }
  const bytes = status === 206 || isEmpty ? totalOf(headers) : lengthOf(headers);
  const object: FoundObject = {
    name,
    bytes,
    version: headers.get('etag') ?? undefined,
    label: undefined,
    source: async () => ({ url: url.href }),
  };
  return { objects: only(object), label: undefined, areFiles: false };
}

async function* only<T>(one: T): AsyncGenerator<T> {
  yield one;
}

async function ask(url: URL, name: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  try {
    const answer = await fetch(url, {
      ...init,
      headers: { ...init.headers, 'accept-encoding': 'identity' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
    });
    await answer.body?.cancel();
    return answer;
  } catch (cause) {
    if (signal.aborted) throw new MegalithError('CANCELLED', `it was cancelled to look at "${name}"`, { cause });
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new MegalithError('STORE_FAILED', `"${name}" can't be read: ${why}`, { hint: 'check the address', cause });
  }
}

/** Packed on the way, its length is another; then nobody says how long it is. */
function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-encoding') === null ? headers.get('content-length') : null;
  return length === null ? undefined : Number(length);
}

function totalOf(headers: Headers): number | undefined {
  const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}
