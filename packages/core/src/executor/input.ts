import { MegalithError } from '@megalith/agent';
import { type Carried, carriesLabel, labelSymbol } from '../labels/labelled.js';
import { Promised } from './promised.js';

/** What `map` takes items from. Items may be promises or futures: they are awaited. */
export type Items<I> = Iterable<I | PromiseLike<I>> | AsyncIterable<I | PromiseLike<I>>;

/** Asked about the label that an item carries, before it is used; throws where it may not be. */
export type Admit = (carried: Carried) => Promise<void>;

/** What completes items before they are used. */
export interface Complete {
  needs(item: unknown): boolean;
  run(item: unknown): Promise<unknown>;
}

/** Items fetched ahead of an asynchronous input: few at first, and more when they turn out to be taken at once. */
const leastAhead = 16;
const mostAhead = 4096;

/**
 * Reads items when somebody asks for them, and no sooner: a long input is never held in memory.
 * An array is copied at once, so that changing it after the call changes nothing.
 */
export class Input {
  /** Undefined for a lazy input. */
  readonly length: number | undefined;
  #rest: Iterator<unknown> | undefined;
  #source: AsyncIterator<unknown> | undefined;
  readonly #fetched: unknown[] = [];
  #taken = 0;
  #ahead = leastAhead;
  #isFetching = false;
  #announcing: NodeJS.Immediate | undefined;
  #isExhausted = false;
  #failure: { readonly cause: unknown } | undefined;
  #news: Promised<void> | undefined;
  readonly #admit: Admit | undefined;
  /** The labels of all items are known before the first is read; but not of what they promise. */
  readonly #isKnown: boolean;

  readonly #complete: Complete | undefined;

  /**
   * @param admit for items whose labels nobody could look at before: those that come one by one, and what others promise
   * @param complete for every item
   * @throws MegalithError USAGE for what cannot be iterated over
   */
  constructor(items: unknown, admit?: Admit, complete?: Complete) {
    this.#admit = admit;
    this.#complete = complete;
    // A set may still get others.
    this.#isKnown = admit === undefined || Array.isArray(items);
    if (isIterable(items)) {
      this.length = lengthOf(items);
      this.#rest = (Array.isArray(items) ? items.slice() : items)[Symbol.iterator]();
      return;
    }
    if (!isAsyncIterable(items)) throw notItems(items);
    this.#source = items[Symbol.asyncIterator]();
  }

  /** True once every item was read, or none can be any more. */
  get isExhausted(): boolean {
    return this.#isExhausted && this.#taken === this.#fetched.length;
  }

  /** What the input itself threw. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.isExhausted ? this.#failure : undefined;
  }

  /** Gives up to `max` items that are there now to `use`. */
  read(max: number, use: (item: unknown) => void): void {
    let left = max;
    while (left > 0 && this.#taken < this.#fetched.length) {
      use(this.#fetched[this.#taken]);
      this.#fetched[this.#taken] = undefined;
      this.#taken += 1;
      left -= 1;
    }
    if (this.#taken === this.#fetched.length) {
      this.#fetched.length = 0;
      this.#taken = 0;
    }
    if (this.#rest !== undefined) this.#readNow(left, use);
    if (this.#source !== undefined) {
      if (left > 0) this.#ahead = Math.min(mostAhead, this.#ahead * 2);
      void this.#fetch();
    }
  }

  /** Settles when `read` may give something, or will never again. */
  ready(): Promise<void> {
    if (this.#rest !== undefined || this.#taken < this.#fetched.length || this.#isExhausted) return Promise.resolve();
    this.#news ??= new Promised();
    void this.#fetch();
    return this.#news.promise;
  }

  /** Ends the reading early and lets the input tidy up. */
  stop(): void {
    if (this.#isExhausted) return;
    this.#isExhausted = true;
    this.#fetched.length = 0;
    this.#taken = 0;
    const source = this.#source ?? this.#rest;
    this.#source = undefined;
    this.#rest = undefined;
    // What an abandoned input throws on its way out has nobody left to hear it.
    void Promise.resolve()
      .then(() => source?.return?.())
      .catch(noted);
    this.#announce();
  }

  #readNow(max: number, use: (item: unknown) => void): void {
    const rest = this.#rest!;
    try {
      for (let left = max; left > 0; left--) {
        const { done, value } = rest.next();
        if (done) {
          this.#end();
          return;
        }
        if (isPromiseLike(value) || (!this.#isKnown && carriesLabel(value)) || this.#complete?.needs(value)) {
          this.#rest = undefined;
          this.#source = followedBy(value, rest);
          return;
        }
        use(value);
      }
    } catch (cause) {
      this.#end({ cause });
    }
  }

  async #fetch(): Promise<void> {
    if (this.#isFetching || this.#source === undefined) return;
    this.#isFetching = true;
    try {
      while (this.#source !== undefined && this.#fetched.length - this.#taken < this.#ahead) {
        const { done, value } = await this.#source.next();
        if (this.#isExhausted) return;
        if (done) return this.#end();
        const plain = isPromiseLike(value) || carriesLabel(value) ? await this.#admitted(value) : value;
        this.#fetched.push(this.#complete?.needs(plain) ? await this.#complete.run(plain) : plain);
        // Once for all that come in this turn: one by one they would travel one by one.
        this.#announcing ??= setImmediate(() => this.#announce());
      }
    } catch (cause) {
      if (!this.#isExhausted) this.#end({ cause });
    } finally {
      this.#isFetching = false;
    }
  }

  async #admitted(item: unknown): Promise<unknown> {
    if (!this.#isKnown && carriesLabel(item)) await this.#admit?.(item[labelSymbol]);
    const value = await item;
    if (value !== item && carriesLabel(value)) await this.#admit?.(value[labelSymbol]);
    return value;
  }

  #end(failure?: { readonly cause: unknown }): void {
    this.#isExhausted = true;
    this.#failure = failure;
    this.#rest = undefined;
    this.#source = undefined;
    this.#announce();
  }

  #announce(): void {
    clearImmediate(this.#announcing);
    this.#announcing = undefined;
    this.#news?.resolve();
    this.#news = undefined;
  }
}

/** As an asynchronous source whose items may be promises: a generator would wait for them itself, and their labels be lost. */
function followedBy(first: unknown, rest: Iterator<unknown>): AsyncIterator<unknown> {
  let next: IteratorResult<unknown> | undefined = { value: first };
  return {
    next: async () => {
      const result = next ?? rest.next();
      next = undefined;
      return result;
    },
    return: async () => rest.return?.() ?? { done: true, value: undefined },
  };
}

function noted(error: unknown): void {
  process.emitWarning(`an input that was not read to its end threw while it was closed: ${String(error)}`);
}

function lengthOf(items: Iterable<unknown>): number | undefined {
  if (Array.isArray(items) || ArrayBuffer.isView(items)) return (items as unknown as { length: number }).length;
  if (items instanceof Set || items instanceof Map) return items.size;
  return undefined;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function notItems(value: unknown): MegalithError {
  const what =
    typeof value === 'object' || value === undefined ? String(value) : `the ${typeof value} ${inQuotes(value)}`;
  return new MegalithError('USAGE', `items must be an array, an iterable or an async iterable, not ${what}`, {
    hint: 'for a single item use callAsync, or put it into an array',
  });
}

function inQuotes(value: unknown): string {
  return `"${String(value).slice(0, 40)}"`;
}
