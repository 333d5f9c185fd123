import { types } from 'node:util';

/** An Error as plain data, with what structured clone would drop: its own properties and its class's name. */
export interface EncodedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
  /** Of an AggregateError. */
  readonly errors?: readonly unknown[];
  /** Own enumerable properties, such as `code`; those that cannot travel as text. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** What a task threw: an Error, or anything else. */
export type EncodedThrown = { readonly error: EncodedError } | { readonly value: unknown };

const builtins: Readonly<Record<string, new (message?: string) => Error>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

const deepest = 16;

/** Encodes anything that was thrown; never throws itself, whatever getters or proxies it meets. */
export function encodeThrown(thrown: unknown, canTravel: (value: unknown) => boolean): EncodedThrown {
  if (types.isNativeError(thrown)) return { error: encodeError(thrown, canTravel, 0) };
  return { value: canTravel(thrown) ? thrown : inWords(thrown) };
}

/** Encodes one Error, following `cause` and `errors`. */
export function encodeError(error: Error, canTravel: (value: unknown) => boolean, depth = 0): EncodedError {
  const read = (key: string): unknown => {
    try {
      return (error as unknown as Record<string, unknown>)[key];
    } catch (failure) {
      return `(unreadable: ${inWords(failure)})`;
    }
  };
  const nested = (value: unknown): unknown => {
    if (types.isNativeError(value)) {
      return depth < deepest ? { [errorTag]: encodeError(value, canTravel, depth + 1) } : inWords(value);
    }
    return canTravel(value) ? value : inWords(value);
  };
  const own: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (key !== 'message' && key !== 'stack' && key !== 'cause' && key !== 'errors' && key !== 'name') {
      own[key] = nested(read(key));
    }
  }
  const stack = read('stack');
  const errors = read('errors');
  return {
    name: text(read('name'), 'Error'),
    message: text(read('message'), ''),
    ...(typeof stack === 'string' ? { stack } : {}),
    ...('cause' in error ? { cause: nested(read('cause')) } : {}),
    ...(Array.isArray(errors) ? { errors: errors.map(nested) } : {}),
    ...(Object.keys(own).length > 0 ? { own } : {}),
  };
}

/** Marks an encoded error among other data. */
export const errorTag = '\u0000megalith.error';

/** The opposite of `encodeThrown`. */
export function reviveThrown(encoded: unknown): unknown {
  const thrown = encoded as EncodedThrown;
  return 'error' in thrown ? reviveError(thrown.error) : thrown.value;
}

/** An Error of the built-in class it had, or a plain Error that carries its class's name. */
export function reviveError(encoded: EncodedError): Error {
  const nested = (value: unknown): unknown => (isTagged(value) ? reviveError(value[errorTag] as EncodedError) : value);
  const error = encoded.errors
    ? new AggregateError(encoded.errors.map(nested), encoded.message)
    : new (builtins[encoded.name] ?? Error)(encoded.message);
  if (error.name !== encoded.name) define(error, 'name', encoded.name);
  define(error, 'stack', encoded.stack ?? `${encoded.name}: ${encoded.message}`);
  if ('cause' in encoded) define(error, 'cause', nested(encoded.cause));
  for (const [key, value] of Object.entries(encoded.own ?? {})) {
    Object.defineProperty(error, key, { value: nested(value), enumerable: true, configurable: true, writable: true });
  }
  return error;
}

export function isTagged(value: unknown): value is Record<typeof errorTag, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, errorTag);
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
}

function text(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function inWords(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
