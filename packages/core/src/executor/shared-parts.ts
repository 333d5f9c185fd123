import { inspect, types } from 'node:util';
import { type BundleRef, MegalithError, type SharedType } from '@megalith/agent';
import type { SharedPart } from '../backends/backend.js';
import type { SharedFile, SharedInput, SharedLoader } from './shared.js';

type Ship = (fn: SharedLoader) => Promise<{ readonly ref: BundleRef }>;

/**
 * Makes the `shared` option what a backend takes. Arrays are not copied here: changing one while its job starts changes what tasks see.
 * @throws MegalithError CANNOT_SHARE, naming the key and what to do
 */
export async function sharedParts(shared: Readonly<Record<string, SharedInput>>, ship: Ship): Promise<SharedPart[]> {
  return Promise.all(Object.entries(shared).map(([name, input]) => sharedPart(name, input, ship)));
}

async function sharedPart(name: string, input: SharedInput, ship: Ship): Promise<SharedPart> {
  if (typeof input === 'function') return { spec: { name, source: 'load', bundle: (await ship(input)).ref } };
  if (isSharedFile(input)) return { spec: { name, source: 'file', type: input.type, path: input.path } };
  const type = typeOf(input);
  if (type === undefined) throw cannotShare(name, input);
  const bytes = ArrayBuffer.isView(input)
    ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    : new Uint8Array(input);
  return { spec: { name, source: 'bytes', type, byteLength: bytes.byteLength }, bytes };
}

const arrayTypes: ReadonlySet<string> = new Set<SharedType>([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]);

function typeOf(input: unknown): SharedType | undefined {
  if (Buffer.isBuffer(input)) return 'Buffer';
  if (types.isDataView(input)) return 'DataView';
  if (types.isAnyArrayBuffer(input)) return 'ArrayBuffer';
  if (!types.isTypedArray(input)) return undefined;
  // The tag, and not the constructor's name: a subclass of Float64Array is one too.
  const tag = input[Symbol.toStringTag];
  return arrayTypes.has(tag) ? (tag as SharedType) : undefined;
}

function isSharedFile(input: unknown): input is SharedFile {
  return typeof input === 'object' && input !== null && 'kind' in input && input.kind === 'shared-file';
}

function cannotShare(name: string, input: unknown): MegalithError {
  return new MegalithError(
    'CANNOT_SHARE',
    `cannot share "${name}": ${whatIs(input)} has no bytes that tasks could see together`,
    {
      hint: adviceFor(name, input),
      details: { name },
    },
  );
}

function whatIs(input: unknown): string {
  if (input === null || input === undefined) return String(input);
  if (Array.isArray(input)) return 'an Array';
  if (typeof input !== 'object') return `the ${typeof input} ${inspect(input, { maxStringLength: 40 })}`;
  const made = input.constructor;
  return typeof made === 'function' && made !== Object ? `a ${made.name}` : 'an object';
}

function adviceFor(name: string, input: unknown): string {
  if (typeof input === 'string') return `share its bytes: Buffer.from(${name})`;
  if (Array.isArray(input)) {
    if (input.every(each => typeof each === 'number')) return `make it a typed array: Float64Array.from(${name})`;
    return 'share each column of numbers as a typed array of its own, under its own name';
  }
  if (input instanceof Map || input instanceof Set) {
    return `make typed arrays of it: Float64Array.from(${name}.${input instanceof Map ? 'values' : 'keys'}())`;
  }
  if (typeof input === 'object' && input !== null) {
    return 'share its arrays of numbers as typed arrays, each under its own name; small plain data can simply be captured by the function';
  }
  return 'small plain values need not be shared: let the function capture them';
}
