import { Promised } from './promised.js';

/** An asynchronous input that is written to from elsewhere. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #isClosed = false;
  #news: Promised<void> | undefined;

  push(item: T): void {
    this.#items.push(item);
    this.#announce();
  }

  close(): void {
    this.#isClosed = true;
    this.#announce();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#isClosed) return;
      else await this.#arrival();
    }
  }

  #arrival(): Promise<void> {
    this.#news ??= new Promised();
    return this.#news.promise;
  }

  #announce(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }
}
