import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

/** The units in which /proc/PID/stat counts. */
export interface KernelUnits {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

// Keys of the auxiliary vector: see getauxval(3).
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

/** Reads the units from an auxiliary vector of 64-bit words, as the kernel passes it to each program. */
export function unitsFromAuxv(auxv: Buffer): KernelUnits | undefined {
  let pageBytes: number | undefined;
  let ticksPerSecond: number | undefined;
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    const [key, value] =
      endianness() === 'LE'
        ? [auxv.readBigUInt64LE(at), auxv.readBigUInt64LE(at + 8)]
        : [auxv.readBigUInt64BE(at), auxv.readBigUInt64BE(at + 8)];
    if (key === AT_PAGESZ) pageBytes = Number(value);
    if (key === AT_CLKTCK) ticksPerSecond = Number(value);
  }
  return pageBytes && ticksPerSecond ? { pageBytes, ticksPerSecond } : undefined;
}

function readUnits(): KernelUnits {
  // What every 64-bit Linux with 4 KiB pages says; others are asked.
  const usual = { pageBytes: 4096, ticksPerSecond: 100 };
  try {
    return unitsFromAuxv(readFileSync('/proc/self/auxv')) ?? usual;
  } catch {
    return usual;
  }
}

/** Page size and clock tick of this machine. */
export const kernelUnits: KernelUnits = readUnits();
