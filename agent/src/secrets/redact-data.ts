import { types } from 'node:util';
import { encodeError, reviveError } from '../protocol/error-codec.js';
import { canTravel } from '../protocol/values.js';

/** How texts and bytes are rewritten; what needs no change is given back as it is. */
export interface Rewrite {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
}

/** Rewrites every text and every run of bytes inside plain data, keys and Errors included. Without changes gives back the very value. */
export function redactData(value: unknown, rewrite: Rewrite): unknown {
  let hasChanged = false;
  const seen = new Map<object, unknown>();
  const text = (before: string): string => {
    const after = rewrite.text(before);
    if (after !== before) hasChanged = true;
    return after;
  };
  const remember = <T extends object>(item: object, copy: T): T => {
    seen.set(item, copy);
    return copy;
  };
  const fill = (copy: Record<string, unknown>, item: object): Record<string, unknown> => {
    for (const [key, element] of Object.entries(item)) {
      const at = text(key);
      // `__proto__` may be a key of its own.
      Object.defineProperty(copy, at, { value: visit(element), enumerable: true, configurable: true, writable: true });
    }
    return copy;
  };
  const visit = (item: unknown): unknown => {
    if (typeof item === 'string') return text(item);
    if (typeof item !== 'object' || item === null) return item;
    if (seen.has(item)) return seen.get(item);
    if (Array.isArray(item)) {
      const copy = remember<unknown[]>(item, []);
      for (const element of item) copy.push(visit(element));
      return copy;
    }
    if (types.isMap(item)) {
      const copy = remember(item, new Map<unknown, unknown>());
      for (const [key, element] of item) copy.set(visit(key), visit(element));
      return copy;
    }
    if (types.isSet(item)) {
      const copy = remember(item, new Set<unknown>());
      for (const element of item) copy.add(visit(element));
      return copy;
    }
    if (types.isNativeError(item)) {
      // An Error that is its own cause would have no end.
      seen.set(item, item);
      const encoded = visit(encodeError(item, canTravel)) as Parameters<typeof reviveError>[0];
      return remember(item, reviveError(encoded));
    }
    if (types.isUint8Array(item)) {
      const after = rewrite.bytes(item);
      if (after !== item) hasChanged = true;
      return remember(item, after);
    }
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return item;
    return fill(remember(item, {}), item);
  };
  const copy = visit(value);
  return hasChanged ? copy : value;
}
