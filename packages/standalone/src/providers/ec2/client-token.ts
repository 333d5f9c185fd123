import { createHash } from 'node:crypto';

/**
 * What a request says, in 32 hex digits: equal for equal requests, however their keys are ordered. Undefined values count as absent, as they do on
 * the wire.
 */
export function requestDigest(request: unknown): string {
  return hexOf(JSON.stringify(request, sorted), 32);
}

/**
 * The client token of one try: nobody else has it, and it never stands for two requests.
 * @param intent 16 hex digits
 * @param tryNumber 1 for the first
 * @returns at most 64 ASCII characters, which is EC2's limit
 */
export function clientToken(intent: string, tryNumber: number, digest: string): string {
  return `${intent}-${tryNumber}-${digest}`;
}

/** Names the machine of one try for good. Whoever repeats the try after a crash must find the same. @returns 16 hex digits */
export function incarnationOf(intent: string, tryNumber: number): string {
  return hexOf(`${intent} incarnation ${tryNumber}`, 16);
}

function hexOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
