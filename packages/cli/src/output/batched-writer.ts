// One write for many short lines: a system call each would cost more than making them.
const flushBytes = 64 * 1024;

/** Gathers what is written in one turn of the event loop into few writes, in order. */
export class BatchedWriter {
  readonly #write: (bytes: Uint8Array | string) => unknown;
  #text = '';
  #timer: NodeJS.Immediate | undefined;

  constructor(write: (bytes: Uint8Array | string) => unknown) {
    this.#write = write;
  }

  line(text: string): void {
    this.text(`${text}\n`);
  }

  text(text: string): void {
    this.#text += text;
    if (this.#text.length >= flushBytes) this.flush();
    else this.#timer ??= setImmediate(() => this.flush());
  }

  bytes(bytes: Uint8Array): void {
    this.flush();
    this.#write(bytes);
  }

  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#write(text);
  }
}
