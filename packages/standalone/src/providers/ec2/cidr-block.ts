import { isIP } from 'node:net';

/** A block of addresses in the one form that EC2 shows it in: without bits of a host, IPv6 in its shortest writing. */
export interface CidrBlock {
  readonly family: 4 | 6;
  /** `203.0.113.7/32`, `2001:db8::/64` */
  readonly text: string;
  /** Every address there is: `0.0.0.0/0` or `::/0`. */
  readonly isEverywhere: boolean;
}

/** Reads a CIDR block, or an address as the block of itself; undefined for anything else. */
export function parseCidrBlock(text: string): CidrBlock | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || rest.length > 0 || address.includes('%')) return undefined;
  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  const bytes = (family === 4 ? bytesOf4(address) : bytesOf6(address)).map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return {
    family,
    text: `${family === 4 ? bytes.join('.') : shortest6(bytes)}/${length}`,
    isEverywhere: length === 0,
  };
}

function bytesOf4(address: string): number[] {
  return address.split('.').map(Number);
}

function bytesOf6(address: string): number[] {
  const [before = '', after] = canonical6(address).split('::');
  const head = groups(before);
  const tail = groups(after ?? '');
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail].flatMap(group => [group >> 8, group & 0xff]);
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
}

function shortest6(bytes: readonly number[]): string {
  const pairs = Array.from({ length: 8 }, (_, index) => (bytes[2 * index]! << 8) | bytes[2 * index + 1]!);
  return canonical6(pairs.map(pair => pair.toString(16)).join(':'));
}

/** The WHATWG's writer of addresses follows RFC 5952, but for IPv4 at the end, which it writes in hexadecimal too. */
function canonical6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
