import { runInNewContext } from 'node:vm';

/** What Node 20 adds to the language's own globals, on every platform and from every module. */
const nodeGlobals =
  `AbortController AbortSignal Blob BroadcastChannel Buffer ByteLengthQueuingStrategy CompressionStream
CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream Event EventTarget File FormData Headers
MessageChannel MessageEvent MessagePort Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver
PerformanceObserverEntryList PerformanceResourceTiming ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder
TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLSearchParams WebAssembly
WritableStream WritableStreamDefaultController WritableStreamDefaultWriter atob btoa clearImmediate clearInterval clearTimeout
console crypto fetch global performance process queueMicrotask setImmediate setInterval setTimeout structuredClone`.split(
    /\s+/,
  );

let names: ReadonlySet<string> | undefined;
let expressions: ReadonlyMap<unknown, string> | undefined;

/** Globals that are there in every Node; what a program added to its own `globalThis` is not. */
export function standardGlobals(): ReadonlySet<string> {
  names ??= new Set([...(runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[]), ...nodeGlobals]);
  return names;
}

/**
 * How to write a built-in object or function, such as `Math.max` for what `const { max } = Math` captured;
 * undefined for anything that is not one, or is reached only through a getter.
 */
export function wellKnownExpression(value: unknown): string | undefined {
  if (typeof value === 'symbol') return symbolExpression(value);
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  expressions ??= collect();
  return expressions.get(value);
}

function symbolExpression(value: symbol): string | undefined {
  const key = Symbol.keyFor(value);
  if (key !== undefined) return `Symbol.for(${JSON.stringify(key)})`;
  const name = Object.getOwnPropertyNames(Symbol).find(
    item => (Symbol as unknown as Record<string, unknown>)[item] === value,
  );
  return name === undefined ? undefined : `Symbol.${name}`;
}

function collect(): Map<unknown, string> {
  const found = new Map<unknown, string>();
  const add = (holder: object, name: string, path: string): object | undefined => {
    const value: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value;
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) return undefined;
    if (!found.has(value)) found.set(value, path);
    return value;
  };
  found.set(globalThis, 'globalThis');
  for (const name of standardGlobals()) {
    const value = name === 'globalThis' ? undefined : (add(globalThis, name, name) ?? lazyGlobal(name, found));
    if (value === undefined) continue;
    for (const key of Object.getOwnPropertyNames(value)) {
      const inner = add(value, key, `${name}.${key}`);
      if (key !== 'prototype' || inner === undefined) continue;
      for (const method of Object.getOwnPropertyNames(inner)) add(inner, method, `${name}.prototype.${method}`);
    }
  }
  return found;
}

/** `process` and `Buffer` are accessors of the global object that cost nothing; the other accessors load a module. */
function lazyGlobal(name: string, found: Map<unknown, string>): object | undefined {
  const value = name === 'process' ? process : name === 'Buffer' ? Buffer : undefined;
  if (value !== undefined) found.set(value, name);
  return value;
}
