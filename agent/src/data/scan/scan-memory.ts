import { plainScan } from './plain-scan.js';
import { type ScanExports, scanModule } from './scan-module.js';

/** Memory that bytes are put into and scanned in. */
export interface ScanMemory extends ScanExports {
  /** Another one after `grow`. */
  readonly buffer: ArrayBuffer;
  /** Keeps what is in it. Throws a RangeError where the machine gives no more. */
  grow(moreBytes: number): void;
}

/** What is used of it: Node's types have it only together with a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  };
};

const pageBytes = 64 * 1024;
const mostPages = 65_536;

let compiled: object | undefined;
let isMissing = false;

/** @param bytes how much at first, at least */
export function scanMemory(bytes: number): ScanMemory {
  return vectorMemory(bytes) ?? plainMemory(bytes);
}

/** Undefined where there is no WebAssembly, or none with vectors. */
export function vectorMemory(bytes: number): ScanMemory | undefined {
  if (isMissing) return undefined;
  try {
    compiled ??= new WebAssembly.Module(scanModule());
  } catch {
    // Node can be told to be without (`--jitless`), and then always is.
    isMissing = true;
    return undefined;
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: mostPages });
  const { exports } = new WebAssembly.Instance(compiled, { host: { memory } });
  const { scanLf, scanLines } = exports as ScanExports;
  return {
    get buffer() {
      return memory.buffer;
    },
    grow: moreBytes => void memory.grow(Math.ceil(moreBytes / pageBytes)),
    // Addresses come as numbers with a sign.
    scanLf: (from, to, base, out) => scanLf(from, to, base, out) >>> 0,
    scanLines: (from, to, base, out) => scanLines(from, to, base, out) >>> 0,
  };
}

export function plainMemory(bytes: number): ScanMemory {
  let buffer = new ArrayBuffer(bytes);
  const { scanLf, scanLines } = plainScan(() => buffer);
  return {
    get buffer() {
      return buffer;
    },
    grow(moreBytes) {
      const larger = new ArrayBuffer(buffer.byteLength + moreBytes);
      new Uint8Array(larger).set(new Uint8Array(buffer));
      buffer = larger;
    },
    scanLf,
    scanLines,
  };
}
