import { encodeValue, isMegalithError, type MegalithError } from '@megalith/agent';
import { carriesLabel } from '../labels/labelled.js';
import type { DataDefinition } from './definitions.js';
import { cannotShip, quote, type Subject } from './explain.js';
import { readFunctionText } from './function-text.js';

/** From this size on, data that every task could share is better passed once. */
const largeBytes = 1024 * 1024;

/** Captured values as they travel. */
export interface CapturedData {
  readonly bytes: Uint8Array;
  readonly warnings: readonly string[];
}

/**
 * Copies the captured values now, so that later changes do not show.
 * @throws MegalithError CANNOT_SHIP, for the first value that is not plain data
 */
export function encodeCaptured(values: ReadonlyMap<string, DataDefinition>, subject: Subject): CapturedData {
  let bytes: Uint8Array;
  try {
    bytes = encodeValue(Object.fromEntries([...values].map(([name, { value }]) => [name, value])));
  } catch (error) {
    if (!isMegalithError(error)) throw error;
    throw culprit(values, subject) ?? error;
  }
  if (bytes.length <= largeBytes) return { bytes, warnings: [] };
  const names = [...values.values()].map(item => quote(item.path.at(-1)!)).join(', ');
  const mib = (bytes.length / largeBytes).toFixed(1);
  return {
    bytes,
    warnings: [
      `captured data (${names}) is ${mib}MiB and is copied to every worker: pass large arrays in the 'shared' option`,
    ],
  };
}

function culprit(values: ReadonlyMap<string, DataDefinition>, subject: Subject): MegalithError | undefined {
  for (const { value, path } of values.values()) {
    const variable = path.at(-1)!;
    if (carriesLabel(value)) {
      return cannotShip(subject, {
        because: `captured ${quote(variable)} is something with a label, which would be lost`,
        hint: 'give it as items of the job; or capture a copy, and say what it is as `label` of the job',
        variable,
        path,
      });
    }
    try {
      encodeValue(value, variable);
    } catch (error) {
      if (!isMegalithError(error)) throw error;
      return cannotShip(subject, {
        because: `captured ${reason(error, variable, value)}`,
        hint: hintFor(value),
        variable,
        path,
        cause: error,
      });
    }
  }
  return undefined;
}

/** The codec says `db is an instance of Socket and cannot travel`, or `"config.db" is …` for what lies deeper. */
function reason(error: MegalithError, variable: string, value: unknown): string {
  const text = error.message.startsWith(`${variable} `)
    ? error.message.replace(variable, quote(variable))
    : error.message
        .replace(/^"([^"]*)"/, `${quote(variable)} holds what cannot travel: '$1'`)
        .replace(/ and cannot travel$/, '');
  return isInstance(value) && hasPrivateMembers(value)
    ? `${text}: its private fields (#) cannot be read from outside`
    : text;
}

function hintFor(value: unknown): string {
  if (value instanceof Promise) return 'await it first';
  if (value instanceof SharedArrayBuffer || (ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer)) {
    return "pass it in the 'shared' option, where all tasks see one copy";
  }
  return 'create it inside the function, or move both to a module of their own and export the function';
}

function isInstance(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasPrivateMembers(value: object): boolean {
  for (let level: unknown = Object.getPrototypeOf(value); isInstance(level); level = Object.getPrototypeOf(level)) {
    const maker: unknown = (level as { constructor?: unknown }).constructor;
    if (typeof maker !== 'function') continue;
    const code = readFunctionText(Function.prototype.toString.call(maker));
    if ('shape' in code && code.shape?.hasPrivateMembers) return true;
  }
  return false;
}
