import { MegalithError } from '@megalith/agent';

const binary: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };
const decimal: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15 };
const pattern = /^(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmgtp])(i?b)?|b)?$/i;

/**
 * Bytes from a number or from text as people write it: `512GiB`, `1.5GB`, `300M`, `4096`.
 * `KiB, MiB, GiB, TiB, PiB` and the letters alone are powers of 1024; `KB, MB, GB, TB, PB` are powers of 1000.
 * Case does not matter, and a fraction of a byte is rounded.
 * @throws MegalithError USAGE, naming the text
 */
export function parseSize(size: number | string): number {
  const bytes = typeof size === 'number' ? size : bytesOf(size.trim());
  if (bytes === undefined || !(bytes >= 0) || bytes > Number.MAX_SAFE_INTEGER) {
    throw new MegalithError('USAGE', `"${size}" is not a size`, {
      hint: 'write a number of bytes, or a number with a unit: 512GiB, 1.5GB, 300M',
    });
  }
  return Math.round(bytes);
}

function bytesOf(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const letter = match[2]?.toLowerCase();
  if (letter === undefined) return Number(match[1]);
  const units = match[3]?.toLowerCase() === 'b' ? decimal : binary;
  return Number(match[1]) * units[letter]!;
}

/** Bytes for people, in powers of 1024 with at most one decimal: `512B`, `1.5KiB`, `30.1GiB`. `parseSize` reads it back. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let amount = bytes;
  let unit = 0;
  // The rounded figure decides, or 1023.97 KiB would become "1024KiB".
  while (rounded(amount) >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${rounded(amount)}${units[unit]}`;
}

function rounded(amount: number): number {
  return Math.round(amount * 10) / 10;
}
