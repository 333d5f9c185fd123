import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parsedJson, unlessMissing, writeFileAtomically } from '@megalith/agent';
import * as z from 'zod';
import type { Ec2Shape } from './ec2-shape.js';
import type { OnDemandPrices, SpotPrices } from './price-of.js';

/** Shapes and the zones that have them, as AWS listed them at one time (epoch milliseconds). */
export interface ListedShapes {
  readonly at: number;
  readonly shapes: readonly Ec2Shape[];
  /** By type. */
  readonly zones: Readonly<Record<string, readonly string[]>>;
}

/** What was read from AWS and kept, part by part. */
export interface KeptCatalogue {
  readonly formatVersion: 1;
  /** Whose word it is: the endpoint and the account, or what stands for them. */
  readonly place: string;
  readonly region: string;
  readonly listed?: ListedShapes | undefined;
  readonly onDemand?: OnDemandPrices | undefined;
  readonly spot?: SpotPrices | undefined;
}

const market = z.enum(['on-demand', 'spot']);
const shape = z.object({
  type: z.string(),
  cpus: z.number(),
  memoryBytes: z.number(),
  arch: z.enum(['x64', 'arm64']),
  localDiskBytes: z.number(),
  isBurstable: z.boolean(),
  isMetal: z.boolean(),
  hasGpu: z.boolean(),
  volumeThroughputMibps: z.exactOptional(z.number()),
  isCurrentGeneration: z.boolean(),
  markets: z.array(market),
});
const byName = <T extends z.ZodType>(value: T) => z.record(z.string(), value);
const kept: z.ZodType<KeptCatalogue> = z.object({
  formatVersion: z.literal(1),
  place: z.string(),
  region: z.string(),
  listed: z.optional(z.object({ at: z.number(), shapes: z.array(shape), zones: byName(z.array(z.string())) })),
  onDemand: z.optional(z.object({ at: z.number(), usdPerHour: byName(z.number()) })),
  spot: z.optional(z.object({ at: z.number(), usdPerHour: byName(byName(z.number())) })),
});

/** `HOME/cloud/catalogue-REGION.json` */
export function cataloguePath(home: string, region: string): string {
  return join(home, 'cloud', `catalogue-${encodeURIComponent(region)}.json`);
}

/** Undefined where nothing is kept, or it is damaged or of another place: then AWS is asked anew. */
export async function readCatalogue(home: string, place: string, region: string): Promise<KeptCatalogue | undefined> {
  const text = await unlessMissing(readFile(cataloguePath(home, region), 'utf8'));
  if (text === undefined) return undefined;
  const { success, data } = kept.safeParse(parsedJson(text));
  return success && data.place === place && data.region === region ? data : undefined;
}

/** Whole or not at all, for the owner only. */
export async function writeCatalogue(home: string, catalogue: KeptCatalogue): Promise<void> {
  const path = cataloguePath(home, catalogue.region);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, JSON.stringify(catalogue));
}
