import { types } from 'node:util';
import { carriesLabel } from '../labels/labelled.js';

/** A function that stands inside a value, and where. */
export interface DetachedFunction {
  readonly keys: readonly (string | number)[];
  readonly fn: object;
}

/**
 * Takes functions and classes out of plain objects and arrays, so that the rest can travel as data. Other containers are left as
 * they are. Copies are kept in `copies`, so that what is one object for two variables stays one.
 */
export function detachFunctions(
  value: unknown,
  copies: Map<object, unknown>,
): { readonly value: unknown; readonly functions: readonly DetachedFunction[] } {
  if (!holdsFunction(value, new Set())) return { value, functions: [] };
  const functions: DetachedFunction[] = [];
  const copy = (item: unknown, keys: readonly (string | number)[]): unknown => {
    if (typeof item === 'function') {
      functions.push({ keys, fn: item });
      return undefined;
    }
    if (!isPlain(item)) return item;
    if (copies.has(item)) return copies.get(item);
    if (Array.isArray(item)) {
      const result: unknown[] = new Array(item.length);
      copies.set(item, result);
      item.forEach((element, index) => {
        result[index] = copy(element, [...keys, index]);
      });
      return result;
    }
    const result: Record<string, unknown> = {};
    copies.set(item, result);
    // Keys of functions stay, undefined for now, so that the order of keys is kept.
    for (const key of Object.keys(item)) result[key] = copy((item as Record<string, unknown>)[key], [...keys, key]);
    return result;
  };
  return { value: copy(value, []), functions };
}

function holdsFunction(value: unknown, seen: Set<object>): boolean {
  if (typeof value === 'function') return true;
  if (!isPlain(value) || seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some(item => holdsFunction(item, seen));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || types.isModuleNamespaceObject(value)) return false;
  // A copy would have lost its label.
  if (carriesLabel(value)) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
