/** Values pushed on one side and iterated on the other, once, in order. */
export class EventQueue<T> implements AsyncIterable<T> {
  #values: T[] = [];
  #taken = 0;
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  push(value: T): void {
    if (this.#end !== undefined) return;
    this.#values.push(value);
    this.#wake?.();
  }

  end(): void {
    this.#end ??= {};
    this.#wake?.();
  }

  /** Ends the iteration with an error, after the values so far. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#taken < this.#values.length) yield this.#values[this.#taken++] as T;
      this.#values = [];
      this.#taken = 0;
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}
