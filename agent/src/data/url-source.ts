import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError, MegalithError } from '../errors.js';
import { bodyChunks, Interrupted, letGo } from './body-chunks.js';
import type { ByteSource } from './byte-source.js';
import type { DataPart } from './data-part.js';
import { httpGet } from './http-get.js';
import { judgeAnswer, quotedEtag, type RangeAnswer } from './range-answer.js';
import { readCancelled } from './read-failure.js';

type Answered = Extract<RangeAnswer, { readonly type: 'bytes' }>;

export interface UrlTiming {
  /** Longest wait for the next bytes, milliseconds. */
  readonly stallMs: number;
  /** Connections in a row that gave no byte. */
  readonly tries: number;
  /** Wait after the first of them, milliseconds; doubled after each. */
  readonly pauseMs: number;
}

const usualTiming: UrlTiming = { stallMs: 30_000, tries: 6, pauseMs: 200 };
/** A server that does no ranges sends all before the bytes that are wanted: so much is thrown away for one part, and no more. */
const mostSkippedBytes = 1024 ** 3;

/** What a URL gives by ranges, over as many connections as it takes. All bytes are of one version. */
export class UrlSource implements ByteSource {
  readonly #part: DataPart;
  readonly #from: { readonly url: string; readonly headers?: Readonly<Record<string, string>> };
  readonly #signal: AbortSignal;
  readonly #timing: UrlTiming;
  /** Where nobody said: as with the first answer. */
  #version: string | undefined;
  #bytes: number | undefined;
  #isConditional = true;
  #skipped = 0;

  constructor(
    part: DataPart,
    from: { readonly url: string; readonly headers?: Readonly<Record<string, string>> },
    signal: AbortSignal,
    timing: UrlTiming = usualTiming,
  ) {
    this.#part = part;
    this.#from = from;
    this.#signal = signal;
    this.#timing = timing;
    this.#version = part.version;
    this.#bytes = part.bytes;
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    let at = start;
    let failures = 0;
    while (at < Math.min(end, this.#bytes ?? end)) {
      const connection = new AbortController();
      const ended = (): void => connection.abort();
      this.#signal.addEventListener('abort', ended, { once: true });
      try {
        if (this.#signal.aborted) throw readCancelled(this.#part.name, this.#signal);
        const asked = await this.#ask(at, end, connection);
        if (asked === undefined) return;
        for await (const bytes of this.#body(asked.response, asked.answer, end - at)) {
          failures = 0;
          at += bytes.length;
          yield bytes;
        }
        if (asked.answer.length === undefined) return;
      } catch (error) {
        if (this.#signal.aborted) throw readCancelled(this.#part.name, this.#signal);
        if (isMegalithError(error)) throw error;
        if (++failures >= this.#timing.tries) throw this.#failure(error);
        await this.#pause(failures);
      } finally {
        this.#signal.removeEventListener('abort', ended);
      }
    }
  }

  async #ask(
    at: number,
    end: number,
    connection: AbortController,
  ): Promise<{ readonly response: IncomingMessage; readonly answer: Answered } | undefined> {
    const { name, format } = this.#part;
    const { url, headers = {} } = this.#from;
    const asked = {
      name,
      version: this.#version,
      bytes: this.#bytes,
      isPacked: format.type === 'gzip',
      isSigned: /[?&](X-Amz-Signature|Signature|sig)=/i.test(url),
    };
    const { stallMs } = this.#timing;
    const late = setTimeout(() => connection.abort(), stallMs);
    let response: IncomingMessage;
    try {
      response = await httpGet(url, {
        name,
        headers,
        rangeHeaders: this.#rangeHeaders(at, end),
        signal: connection.signal,
      });
    } catch (error) {
      throw connection.signal.aborted ? new Interrupted(`no answer in ${stallMs} ms`) : error;
    } finally {
      clearTimeout(late);
    }
    let answer: RangeAnswer;
    try {
      answer = judgeAnswer(asked, at, this.#isConditional, {
        status: response.statusCode ?? 0,
        headers: response.headers,
      });
      if (answer.type === 'bytes') this.#note(answer);
    } catch (error) {
      letGo(response);
      throw error;
    }
    if (answer.type === 'bytes') return { response, answer };
    letGo(response);
    if (answer.type === 'end') return undefined;
    if (answer.type === 'busy') throw new Interrupted(answer.why);
    this.#isConditional = false;
    return this.#ask(at, end, connection);
  }

  #rangeHeaders(at: number, end: number): Record<string, string> {
    const last = end < Number.MAX_SAFE_INTEGER ? end - 1 : '';
    return {
      range: `bytes=${at}-${last}`,
      'accept-encoding': 'identity',
      ...(this.#version !== undefined && this.#isConditional ? { 'if-match': quotedEtag(this.#version) } : {}),
    };
  }

  #note({ skip, total, version }: Answered): void {
    this.#version ??= version;
    this.#bytes ??= total;
    this.#skipped += skip;
    if (this.#skipped <= mostSkippedBytes) return;
    throw new MegalithError('STORE_FAILED', `"${this.#part.name}" can't be read in parts: its server does no ranges`, {
      hint: 'read it as one part, or copy it to a store first',
    });
  }

  async *#body(response: IncomingMessage, { skip, length }: Answered, wanted: number): AsyncGenerator<Buffer> {
    let unwanted = skip;
    let rest = wanted;
    const whole = length === undefined ? undefined : skip + length;
    for await (const chunk of bodyChunks(response, whole, this.#timing.stallMs)) {
      const from = Math.min(unwanted, chunk.length);
      unwanted -= from;
      const bytes = chunk.subarray(from, Math.min(chunk.length, from + rest));
      rest -= bytes.length;
      if (bytes.length > 0) yield bytes;
      if (rest === 0) return;
    }
  }

  async #pause(failures: number): Promise<void> {
    try {
      await delay(this.#timing.pauseMs * 2 ** (failures - 1), undefined, { signal: this.#signal });
    } catch {
      throw readCancelled(this.#part.name, this.#signal);
    }
  }

  #failure(error: unknown): MegalithError {
    const { name } = this.#part;
    const why = error instanceof Error ? error.message : String(error);
    return new MegalithError('STORE_FAILED', `"${name}" can't be read: ${why}, ${this.#timing.tries} times in a row`, {
      hint: 'see whether its server is up and the machine of the task reaches it',
      cause: error,
    });
  }
}
