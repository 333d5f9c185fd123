import { types } from 'node:util';
import { MegalithError } from '../errors.js';

/** Under this name data says how sensitive it is. Whoever sends a value has looked for it there, and nowhere inside. */
const labelSymbol: unique symbol = Symbol.for('megalith.label') as never;
const labelHint =
  'give it as the items of a job, or as one of them; or copy it, and say what it is as `label` of the job';

/** What a walk over a value found. */
export interface PlainDataReport {
  /** True where an Error stands somewhere inside: it needs the error codec to keep its own properties. */
  readonly hasErrors: boolean;
}

/**
 * Makes sure that a value arrives as it left: structured clone flattens class instances and drops their methods without
 * a word, so these are refused here, with the path to the culprit.
 * @throws MegalithError NOT_SERIALIZABLE
 */
export function checkPlainData(value: unknown, what: string): PlainDataReport {
  let hasErrors = false;
  const seen = new Set<object>();

  const visit = (item: unknown, path: () => string): void => {
    if (typeof item === 'function' || typeof item === 'symbol') {
      throw notPlain(what, path(), describe(item), 'send what it computes instead, or create it inside the task');
    }
    if (typeof item !== 'object' || item === null || seen.has(item)) return;
    seen.add(item);
    if (item !== value && labelSymbol in item) throw notPlain(what, path(), 'something with a label', labelHint);
    if (Array.isArray(item)) {
      item.forEach((element, index) => {
        visit(element, () => `${path()}[${index}]`);
      });
      return;
    }
    if (ArrayBuffer.isView(item)) {
      if (types.isSharedArrayBuffer(item.buffer)) throw sharedMemory(what, path());
      return;
    }
    if (types.isSharedArrayBuffer(item)) throw sharedMemory(what, path());
    if (types.isArrayBuffer(item) || types.isDate(item) || types.isRegExp(item) || types.isBoxedPrimitive(item)) return;
    if (types.isMap(item)) {
      for (const [key, element] of item) {
        visit(key, () => `${path()} (a key)`);
        visit(element, () => `${path()}.get(${String(key)})`);
      }
      return;
    }
    if (types.isSet(item)) {
      for (const element of item) visit(element, () => `${path()} (an element)`);
      return;
    }
    if (types.isNativeError(item)) {
      hasErrors = true;
      return;
    }
    if (types.isProxy(item)) throw notPlain(what, path(), 'a Proxy', 'send a copy of the object behind it');
    const prototype: unknown = Object.getPrototypeOf(item);
    // The root prototype of any realm has no prototype itself; a class instance's has one.
    const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
    if (!plain || types.isPromise(item) || types.isExternal(item)) {
      throw notPlain(
        what,
        path(),
        `an instance of ${className(item)}`,
        'send plain objects, arrays, Map, Set, Date or typed arrays',
      );
    }
    for (const key of Object.keys(item)) {
      visit((item as Record<string, unknown>)[key], () => `${path()}.${key}`);
    }
  };

  visit(value, () => what);
  return { hasErrors };
}

function notPlain(what: string, path: string, found: string, hint: string): MegalithError {
  return new MegalithError('NOT_SERIALIZABLE', `${path === what ? what : `"${path}"`} is ${found} and cannot travel`, {
    hint,
    details: { path },
  });
}

function sharedMemory(what: string, path: string): MegalithError {
  return notPlain(what, path, 'a SharedArrayBuffer', 'pass it in the `shared` option, where all tasks see one copy');
}

function describe(item: unknown): string {
  if (typeof item === 'function') return item.name === '' ? 'a function' : `the function "${item.name}"`;
  return 'a symbol';
}

function className(item: object): string {
  const maker: unknown = (item as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'a class';
}
