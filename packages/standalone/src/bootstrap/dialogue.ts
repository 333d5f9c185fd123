import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { MegalithError } from '@megalith/agent';
import type { RemoteCommand, SshSession } from '../ssh/ssh-session.js';
import { bootstrapFailure } from './bootstrap-failure.js';
import { scriptReader } from './far-side-script.js';

export interface DialogueOptions {
  readonly marker: string;
  readonly signal?: AbortSignal | undefined;
}

const lastWordsLength = 2000;
/** A shell may print this much without the end of a line before it is cut, characters. */
const longestLine = 1 << 20;

/** A script that runs on the host and talks with us in lines: its own begin with the marker, all others are noise. */
export class Dialogue {
  readonly #session: SshSession;
  readonly #command: RemoteCommand;
  readonly #marker: string;
  readonly #signal: AbortSignal | undefined;
  readonly #lines: string[][] = [];
  #rest = '';
  #lastSignAt = 0;
  #lastWords = '';
  /** Undefined while the script runs. */
  #end: { readonly error?: unknown; readonly code?: number | undefined } | undefined;
  #wake: () => void = () => undefined;

  /** @throws MegalithError SSH_FAILED, CANCELLED */
  static async open(session: SshSession, script: string, options: DialogueOptions): Promise<Dialogue> {
    if (options.signal?.aborted) throw cancelled(session);
    const command = await session.start(scriptReader(script));
    const dialogue = new Dialogue(session, command, options);
    command.stream.write(script);
    return dialogue;
  }

  private constructor(session: SshSession, command: RemoteCommand, { marker, signal }: DialogueOptions) {
    this.#session = session;
    this.#command = command;
    this.#marker = `${marker}\t`;
    this.#signal = signal;
    command.stream.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    command.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    // What befell the stream is said by `ended`.
    command.stream.on('error', () => undefined);
    const read = finished(command.stream, { writable: false }).catch(() => undefined);
    command.ended.then(
      ({ code }) => read.then(() => this.#finish({ code })),
      error => this.#finish({ error }),
    );
  }

  /**
   * The next line's key and values, without the marker.
   * @param silenceMs the far side may be silent this long
   * @throws MegalithError BOOTSTRAP_FAILED where it is silent for longer, or ended; what ended the session; CANCELLED
   */
  async next(silenceMs: number): Promise<readonly string[]> {
    this.#lastSignAt = Date.now();
    while (this.#lines.length === 0) {
      if (this.#signal?.aborted) throw cancelled(this.#session);
      if (this.#end) throw this.#unexpectedEnd();
      const restMs = this.#lastSignAt + silenceMs - Date.now();
      if (restMs <= 0) {
        const seconds = Math.round(silenceMs / 1000);
        throw bootstrapFailure(this.#session, 'exec', `its shell said nothing for ${seconds} s${this.#quote()}`, {
          hint: 'look whether the login shell waits for something: try `ssh HOST true`',
        });
      }
      await this.#news(restMs);
    }
    return this.#lines.shift()!;
  }

  /** Answers a question of the far side. */
  answer(...fields: readonly string[]): void {
    this.#command.stream.write(`${fields.join('\t')}\n`);
  }

  /** Sends bytes that the far side asked for. It says itself what became of them. */
  send(bytes: Buffer): void {
    this.#command.stream.write(bytes);
  }

  /**
   * Sends a stream to its end, closes the far side's input with it, and gives the next line. The far side may be silent
   * as long as bytes flow.
   * @throws as `next`
   */
  async sendAll(source: Readable, silenceMs: number): Promise<readonly string[]> {
    const over = new AbortController();
    source.on('data', () => {
      this.#lastSignAt = Date.now();
    });
    // Where the stream breaks, the far side or the session says why.
    const sending = pipeline(source, this.#command.stream, { signal: over.signal }).catch(() => undefined);
    try {
      return await this.next(silenceMs);
    } finally {
      over.abort();
      await sending;
    }
  }

  close(): void {
    this.#command.stream.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!.slice(-longestLine);
    for (const line of lines) {
      const at = line.indexOf(this.#marker);
      if (at < 0) this.#hear(`${line}\n`);
      else this.#lines.push(line.slice(at + this.#marker.length).split('\t'));
    }
    this.#wake();
  }

  #hear(text: string): void {
    this.#lastWords = (this.#lastWords + text).slice(-lastWordsLength);
  }

  #finish(end: { readonly error?: unknown; readonly code?: number | undefined }): void {
    this.#hear(this.#rest);
    this.#end = end;
    this.#wake();
  }

  #news(timeoutMs: number): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#signal?.addEventListener('abort', wake);
      this.#wake = wake;
    });
  }

  #unexpectedEnd(): unknown {
    if (this.#end?.error !== undefined) return this.#end.error;
    const code = this.#end?.code;
    return bootstrapFailure(
      this.#session,
      'exec',
      `its shell ended${code === undefined ? '' : ` with code ${code}`}${this.#quote()}`,
      { hint: 'Megalith needs a login shell that runs `sh`, with the usual commands of POSIX' },
    );
  }

  #quote(): string {
    const words = this.#lastWords.trim();
    return words === '' ? '' : `: ${words}`;
  }
}

function cancelled(session: SshSession): MegalithError {
  return new MegalithError('CANCELLED', `the bootstrap of "${session.target.name}" was cancelled`);
}
