import { setTimeout as delay } from 'node:timers/promises';
import { MegalithError } from '../errors.js';

const attempts = 4;
const firstPauseMs = 100;

/**
 * Reads what a presigned URL gives.
 * @throws MegalithError STORE_FAILED, with no part of the signature
 */
export async function getSigned(url: string, timeoutMs: number): Promise<Buffer> {
  const response = await tried('read', url, timeoutMs, signal => fetch(url, { signal }));
  return Buffer.from(response);
}

/**
 * Writes where a presigned URL allows it.
 * @throws MegalithError STORE_FAILED, with no part of the signature
 */
export async function putSigned(url: string, bytes: Buffer, timeoutMs: number): Promise<void> {
  // Without a type: a signature may cover that header.
  const body = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  await tried('write', url, timeoutMs, signal => fetch(url, { method: 'PUT', body, signal }));
}

/** Tries again where the store, or the way to it, may be well a moment later. */
async function tried(
  what: 'read' | 'write',
  url: string,
  timeoutMs: number,
  request: (signal: AbortSignal) => Promise<Response>,
): Promise<ArrayBuffer> {
  // What `fetch` says of such a one has all of it.
  if (!URL.canParse(url)) throw failed(what, url, 'it cannot be asked');
  const signal = AbortSignal.timeout(Math.max(1, timeoutMs));
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === attempts || signal.aborted;
    try {
      const response = await request(signal);
      const body = await response.arrayBuffer();
      if (response.ok) return body;
      const mayPass = response.status >= 500 || response.status === 429;
      if (!mayPass || isLast) throw failed(what, url, `it answered ${response.status}`);
    } catch (error) {
      if (error instanceof MegalithError) throw error;
      if (isLast)
        throw failed(what, url, signal.aborted ? `no answer in ${Math.round(timeoutMs)} ms` : reasonOf(error));
    }
    await delay(firstPauseMs * 2 ** (attempt - 1));
  }
}

function failed(what: string, url: string, why: string): MegalithError {
  const place = URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}` : 'an address that is none';
  return new MegalithError('STORE_FAILED', `cannot ${what} "${place}" in the store: ${why}`, {
    hint: 'see whether the store is up and its presigned address has not run out',
  });
}

/** What `fetch` throws says little; its cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
