import * as z from 'zod';
import type { Market } from '../../pool/cloud-machine.js';
import { quotaFor } from './quota.js';

/** How long what was not to be had is not asked for again: Karpenter's figure for insufficient capacity. */
export const scarceMs = 3 * 60_000;

/** What a cloud said it doesn't have, and when (epoch milliseconds): plain data, for a file that processes share. */
export type ScarceMemory = Readonly<Record<string, number>>;

/** The form of such a file. */
export const scarceSchema: z.ZodType<ScarceMemory> = z.record(z.string(), z.number());

/** What one override of a fleet asks for. */
export interface Triple {
  readonly market: Market;
  readonly type: string;
  readonly zone: string;
}

/**
 * What is scarce: a type in a zone, all of a zone (its subnet has no addresses left), all types that one quota governs, a whole market.
 */
export type Scarcity =
  | ({ readonly of: 'type' } & Triple)
  | { readonly of: 'zone'; readonly market: Market; readonly zone: string }
  | { readonly of: 'quota'; readonly market: Market; readonly code: string }
  | { readonly of: 'market'; readonly market: Market };

/** The memory with these in it and without what is older than `scarceMs`. */
export function rememberScarce(memory: ScarceMemory, found: readonly Scarcity[], now: number): ScarceMemory {
  const kept = Object.entries(memory).filter(([, at]) => isFresh(at, now));
  return Object.fromEntries([...kept, ...found.map(scarcity => [keyOf(scarcity), now] as const)]);
}

/** Two processes' memories as one: of the same thing, the later word counts. */
export function joinScarce(a: ScarceMemory, b: ScarceMemory): ScarceMemory {
  const later = Object.entries(b).filter(([key, at]) => at > (a[key] ?? Number.NEGATIVE_INFINITY));
  return { ...a, ...Object.fromEntries(later) };
}

/** True where it, its zone, its quota or its market was refused less than `scarceMs` ago. */
export function isScarce(memory: ScarceMemory, triple: Triple, now: number): boolean {
  const { market, type, zone } = triple;
  const quota = quotaFor(type, market);
  const covering: Scarcity[] = [
    { of: 'type', ...triple },
    { of: 'zone', market, zone },
    { of: 'market', market },
    ...(quota ? [{ of: 'quota', market, code: quota.code } as const] : []),
  ];
  return covering.some(scarcity => isFresh(memory[keyOf(scarcity)], now));
}

/** `market:type:zone`, with `*` for all. */
function keyOf(scarcity: Scarcity): string {
  switch (scarcity.of) {
    case 'type':
      return `${scarcity.market}:${scarcity.type}:${scarcity.zone}`;
    case 'zone':
      return `${scarcity.market}:*:${scarcity.zone}`;
    case 'quota':
      return `${scarcity.market}:${scarcity.code}:*`;
    case 'market':
      return `${scarcity.market}:*:*`;
  }
}

/** A time far in the future was written by a clock that is wrong, and says nothing. */
function isFresh(at: number | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - at) < scarceMs;
}
