import { MegalithError } from '@megalith/agent';
import type { Storage, StoredBytes } from './storage.js';

export interface ParallelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of one request. @defaultValue 8 MiB: so large that the way to the server and back counts little */
  readonly partBytes?: number;
  /** Requests at once; so many parts are in memory. @defaultValue 16: one connection to S3 brings some 80 MB/s, and a fast line has room for several */
  readonly connections?: number;
}

const defaults = { partBytes: 8 * 2 ** 20, connections: 16 };

/**
 * Reads an object by several ranges at once, and gives its bytes in order. All are of one version. What fits into two parts is read by one request.
 * @throws MegalithError NOT_FOUND; DATA_CHANGED where the object is replaced meanwhile
 */
export async function readParallel(
  store: Pick<Storage, 'get' | 'url'>,
  key: string,
  bytes: number,
  options: ParallelOptions = {},
): Promise<StoredBytes> {
  const { signal, partBytes = defaults.partBytes, connections = defaults.connections } = options;
  if (bytes <= 2 * partBytes) return await store.get(key, signal === undefined ? {} : { signal });
  const ending = new AbortController();
  const until = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const part = (start: number): Promise<StoredBytes> =>
    store.get(key, { range: { start, end: Math.min(start + partBytes, bytes) - 1 }, signal: until });
  const first = await part(0);
  const { object } = first;
  const whole = async (opening: Promise<StoredBytes>): Promise<Uint8Array[]> => {
    const opened = await opening;
    if (opened.object.etag !== object.etag || opened.object.bytes !== bytes) throw changed(key, store.url);
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened) chunks.push(chunk);
    return chunks;
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const underWay: Promise<Uint8Array[]>[] = [];
    let next = 0;
    const begin = (opening: Promise<StoredBytes>): void => {
      const reading = whole(opening);
      // It is heard of in its turn.
      reading.catch(() => undefined);
      underWay.push(reading);
      next += partBytes;
    };
    try {
      begin(Promise.resolve(first));
      for (;;) {
        while (underWay.length < connections && next < bytes) begin(part(next));
        const reading = underWay.shift();
        if (reading === undefined) return;
        yield* await reading;
      }
    } finally {
      ending.abort();
    }
  }
  return Object.assign(chunks(), { object });
}

function changed(key: string, url: string): MegalithError {
  return new MegalithError('DATA_CHANGED', `"${key}" in ${url} was replaced while it was read`, {
    hint: 'read it again',
  });
}
