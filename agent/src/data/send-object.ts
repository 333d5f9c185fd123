import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError, MegalithError } from '../errors.js';

/** One request that puts an object; it may be sent again. */
export interface ObjectRequest {
  readonly method: 'POST' | 'PUT';
  /** Secret: in no error. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** The request's body, from its beginning. */
  read(): AsyncIterable<Uint8Array>;
  /** As in errors. */
  readonly name: string;
}

export interface SendTiming {
  /** Longest time in which nothing moves, and in which an answer comes, milliseconds. */
  readonly stallMs: number;
  readonly tries: number;
  /** Wait after the first try, milliseconds; doubled after each. */
  readonly pauseMs: number;
}

const usualTiming: SendTiming = { stallMs: 60_000, tries: 6, pauseMs: 200 };
/** What of an answer is read: the code of an error stands at its beginning. */
const mostAnswerBytes = 64 * 1024;

/**
 * @param requestOf the request of a try, from 1: where nothing may be put twice under one key, each has another
 * @returns the etag of the object, and the try that put it
 * @throws MegalithError STORE_FAILED, CANCELLED
 */
export async function sendObject(
  requestOf: (tried: number) => ObjectRequest,
  signal: AbortSignal,
  { stallMs, tries, pauseMs }: SendTiming = usualTiming,
): Promise<{ readonly etag: string; readonly tried: number }> {
  for (let tried = 1; ; tried++) {
    const request = requestOf(tried);
    if (signal.aborted) throw cancelled(request.name, signal);
    let why: string;
    try {
      const answer = await sendOnce(request, signal, stallMs);
      if (answer.status >= 200 && answer.status < 300) return { etag: etagOf(request.name, answer.etag), tried };
      if (!isWorthAnotherTry(answer)) throw refused(request.name, answer);
      why = `its store answered ${answer.status}${answer.code === '' ? '' : ` (${answer.code})`}`;
    } catch (error) {
      if (signal.aborted) throw cancelled(request.name, signal);
      if (isMegalithError(error)) throw error;
      why = (error as Error).message;
    }
    if (tried === tries) {
      const times = tries === 1 ? 'once' : `${tries} times`;
      throw new MegalithError('STORE_FAILED', `"${request.name}" can't be put, tried ${times}: ${why}`, {
        hint: 'see whether its store is well, and can be reached from where tasks run',
      });
    }
    await delay(pauseMs * 2 ** (tried - 1) * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}

interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  /** Of S3 and Azure, or empty. */
  readonly code: string;
}

async function sendOnce(request: ObjectRequest, ending: AbortSignal, stallMs: number): Promise<Answer> {
  const url = new URL(request.url);
  // Only when needed: TLS is slow to load, and slots start often.
  const { request: open } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const headers = { ...request.headers, 'content-length': String(request.bytes) };
  const call = open(url, { method: request.method, headers, signal: ending });
  const stalled = (): unknown => call.destroy(new Error(`nothing moved for ${stallMs} ms`));
  call.setTimeout(stallMs, stalled);
  let late: NodeJS.Timeout | undefined;
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    call.on('response', resolve).on('error', reject);
    call.on('finish', () => {
      late = setTimeout(stalled, 2 * stallMs);
    });
  });
  try {
    // Where it breaks, the request does; where an answer came before, that says why.
    pipeline(Readable.from(request.read(), { objectMode: false }), call).catch(() => undefined);
    return await answerOf(await response);
  } finally {
    clearTimeout(late);
    call.destroy();
  }
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > mostAnswerBytes) break;
  }
  // To a form S3 says it in the text, too.
  const etag = response.headers.etag ?? /<ETag>(?:"|&quot;|&#34;)?([^<"&]{1,256})/.exec(text)?.[1];
  const [, code = ''] = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text) ?? [];
  return { status: response.statusCode ?? 0, etag, code };
}

function isWorthAnotherTry({ status, code }: Answer): boolean {
  return status >= 500 || status === 408 || status === 429 || code === 'RequestTimeout' || code === 'SlowDown';
}

function etagOf(name: string, etag: string | undefined): string {
  if (etag !== undefined) return etag.replace(/^(W\/)?"(.*)"$/, '$2');
  throw new MegalithError('STORE_FAILED', `which version of "${name}" it has now, its store does not say`, {
    hint: 'without its etag nobody can tell whether it changed: name another store',
  });
}

function refused(name: string, { status, code }: Answer): MegalithError {
  const said = `${status}${code === '' ? '' : ` (${code})`}`;
  return new MegalithError('STORE_FAILED', `"${name}" can't be put: its store answered ${said}`, {
    hint:
      status === 403 || code === 'AccessDenied'
        ? 'the permission that the job got may have run out, or who made it may not write to that store'
        : 'see whether the store can do this kind of upload',
    details: { status },
  });
}

function cancelled(name: string, signal: AbortSignal): MegalithError {
  return new MegalithError('CANCELLED', `putting "${name}" was ended, for its task was`, { cause: signal.reason });
}
