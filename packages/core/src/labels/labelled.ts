import { higherLabel, isLabel, isLower, type Label, MegalithError } from '@megalith/agent';
import type { Items } from '../executor/input.js';

/** How sensitive data is, and where it has that from. */
export interface CarriedLabel {
  readonly label: Label;
  /** In words: `job "simulate"`. */
  readonly from: string;
}

/** A promise where it takes a while to know. */
export type Carried = CarriedLabel | PromiseLike<CarriedLabel>;

/** Under this name a value says which label it carries, whichever copy of this package made it. */
export const labelSymbol: unique symbol = Symbol.for('megalith.label') as never;

/** What carries a label: jobs and their futures, and what `withLabel` and `declassify` give. */
export interface CarriesLabel {
  /** A promise where it takes a while to know; the same one for all that share a label, as the futures of a job. */
  readonly [labelSymbol]: Carried;
}

/** Items with a label, to be the input of a job. What is taken out of them is plain. */
export type Labelled<I> = Items<I> & CarriesLabel;

/**
 * Gives items a label, which the jobs that read them then have at least. It can't lower the one that they carry.
 * An array is copied; what is lazy stays so.
 * @param from where the label comes from, in words; shown in plans
 * @throws MegalithError USAGE where the label is none, or the items can't be iterated over
 */
export function withLabel<I>(items: Items<I>, label: Label, from = 'the caller'): Labelled<I> {
  if (!isLabel(label))
    throw new MegalithError('USAGE', `"${String(label)}" is not a label`, {
      hint: 'labels: public, internal, confidential, restricted',
    });
  return labelled(items, atLeast(carriersIn(items), { label, from }), item => item);
}

/**
 * Items that carry exactly this label, and whose own labels are forgotten. Only `declassify` may do that.
 * @param was the label that they had: an item of a lazy input that turns out to have a higher one is refused where it is read
 */
export function relabelled<I>(items: Items<I>, carried: CarriedLabel, was: Label): Labelled<I> {
  return labelled(items, carried, item =>
    carriesLabel(item) && isPromiseLike(item) ? new PlainPromise(item as PromiseLike<I> & CarriesLabel, was) : item,
  );
}

/** All labels that items carry, each once: their own, else those in an array. Waits where a job has to be described first. */
export async function labelsOfInput(items: unknown): Promise<readonly CarriedLabel[]> {
  return await Promise.all(carriersIn(items));
}

export function carriesLabel(value: unknown): value is CarriesLabel {
  return typeof value === 'object' && value !== null && labelSymbol in value && value[labelSymbol] !== undefined;
}

export function highestOf(found: readonly CarriedLabel[]): Label | undefined {
  return found.reduce<Label | undefined>((highest, { label }) => higherLabel(label, highest), undefined);
}

function carriersIn(items: unknown): Carried[] {
  const found = new Set<Carried>();
  if (carriesLabel(items)) found.add(items[labelSymbol]);
  if (!Array.isArray(items) && !(items instanceof Set)) return [...found];
  for (const item of items) if (carriesLabel(item)) found.add(item[labelSymbol]);
  return [...found];
}

/** The highest of what data carries and what it is given. */
function atLeast(own: readonly Carried[], given: CarriedLabel): Carried {
  if (!own.some(isPromiseLike)) return (own as readonly CarriedLabel[]).reduce(higher, given);
  const joined = Promise.all(own).then(all => all.reduce(higher, given));
  // Whoever asks for the label hears of it.
  joined.catch(() => undefined);
  return joined;
}

/** Of equals the first. */
function higher(one: CarriedLabel, other: CarriedLabel): CarriedLabel {
  return isLower(one.label, other.label) ? other : one;
}

function labelled<I>(
  items: Items<I>,
  carried: Carried,
  plain: (item: I | PromiseLike<I>) => I | PromiseLike<I>,
): Labelled<I> {
  const known = knownItems(items);
  const mark = { value: carried, enumerable: false };
  if (known !== undefined)
    return Object.freeze(Object.defineProperty(known.map(plain), labelSymbol, mark)) as unknown as Labelled<I>;
  return Object.freeze(Object.defineProperty(plainSource(items, plain), labelSymbol, mark)) as unknown as Labelled<I>;
}

function plainSource<T>(items: Iterable<T> | AsyncIterable<T>, plain: (item: T) => T): object {
  if (typeof items === 'object' && items !== null) {
    if (Symbol.iterator in items) return { [Symbol.iterator]: () => eachPlain(items, plain) };
    if (Symbol.asyncIterator in items) return { [Symbol.asyncIterator]: () => eachPlainLater(items, plain) };
  }
  throw new MegalithError('USAGE', 'a label can only be given to items: an array, an iterable or an async iterable', {
    hint: 'put a single value into an array',
  });
}

/** What has a length stays an array, so that it is known how many tasks there will be. */
function knownItems<I>(items: Items<I>): (I | PromiseLike<I>)[] | undefined {
  if (Array.isArray(items) || items instanceof Set || items instanceof Map) return [...items];
  return ArrayBuffer.isView(items) ? Array.from(items as unknown as Iterable<I>) : undefined;
}

function* eachPlain<T>(items: Iterable<T>, plain: (item: T) => T): Generator<T, void, undefined> {
  for (const item of items) yield plain(item);
}

async function* eachPlainLater<T>(items: AsyncIterable<T>, plain: (item: T) => T): AsyncGenerator<T, void, undefined> {
  for await (const item of items) yield plain(item);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** A future without its label. It is waited for when somebody waits for this, and no sooner. */
class PlainPromise<T> implements PromiseLike<T> {
  readonly #future: PromiseLike<T> & CarriesLabel;
  readonly #was: Label;

  constructor(future: PromiseLike<T> & CarriesLabel, was: Label) {
    this.#future = future;
    this.#was = was;
  }

  // biome-ignore lint/suspicious/noThenProperty: it stands for a future
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return this.#value().then(onFulfilled, onRejected);
  }

  async #value(): Promise<T> {
    const { label, from } = await this.#future[labelSymbol];
    if (!isLower(this.#was, label)) return await this.#future;
    throw new MegalithError('POLICY', `an item of what was declassified, of ${from}, is ${label}`, {
      hint: `what was declassified was ${this.#was}: declassify the item itself`,
      details: { was: this.#was, item: label },
    });
  }
}
