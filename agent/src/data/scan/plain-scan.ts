import type { ScanExports } from './scan-module.js';

const lf = 10;
const cr = 13;

/** What the module does, byte by byte: for where there is no WebAssembly. Several times slower. */
export function plainScan(memory: () => ArrayBuffer): ScanExports {
  const scan = (isCrEnd: boolean) => (from: number, to: number, base: number, out: number) => {
    const bytes = new Uint8Array(memory());
    const words = new Uint32Array(bytes.buffer);
    let word = out / 4;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte === lf || (isCrEnd && byte === cr && bytes[at + 1] !== lf)) words[word++] = at + 1 - base;
    }
    return word * 4;
  };
  return { scanLf: scan(false), scanLines: scan(true) };
}
