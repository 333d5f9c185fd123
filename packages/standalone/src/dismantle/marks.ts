import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MegalithError, readJsonFile, writeFileAtomically } from '@megalith/agent';
import * as z from 'zod';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { ClockReading } from './clock-jump.js';
import type { Verdict } from './verdict.js';

/** What an earlier sweep saw of a machine. It counts for that incarnation and that start only. */
export interface Mark {
  /** When it was seen first, by this computer's clock, epoch milliseconds. */
  readonly at: number;
  readonly incarnation?: string | undefined;
  readonly launchedAt: number;
  /** `suspect`: two signals spoke against it. `stopped`: it was stopped. */
  readonly kind: 'suspect' | 'stopped';
  /** Why, for people. */
  readonly because: string;
}

export interface Marks {
  readonly byMachine: ReadonlyMap<string, Mark>;
  /** How the clocks stood at the last sweep; undefined before the first. */
  readonly clock?: ClockReading | undefined;
}

/** A mark of a machine that is listed no more is forgotten after so long, milliseconds: lists lag behind and come back. */
const forgottenAfterMs = 60 * 60_000;

const mark = z.object({
  at: z.number(),
  incarnation: z.optional(z.string()),
  // JSON has no NaN, which a launch time that the cloud did not tell is.
  launchedAt: z.nullable(z.number()).transform(value => value ?? Number.NaN),
  kind: z.enum(['suspect', 'stopped']),
  because: z.string(),
});
const file = z.object({
  formatVersion: z.literal(1),
  clock: z.optional(z.object({ host: z.string(), wallMs: z.number(), uptimeMs: z.number() })),
  marks: z.record(z.string(), mark),
});

function marksPath(home: string, cloud: string): string {
  return join(home, 'cloud', `marks-${encodeURIComponent(cloud)}.json`);
}

/**
 * The marks of `<home>/cloud/marks-CLOUD.json`. A file that can't be understood holds none: that delays every kill, and the next write mends it.
 * @param cloud names the cloud and its region: what one list does not hold says nothing of another's machines
 */
export async function readMarks(home: string, cloud: string): Promise<Marks> {
  const parsed = file.safeParse(await jsonIn(marksPath(home, cloud)));
  if (!parsed.success) return { byMachine: new Map() };
  return { byMachine: new Map(Object.entries(parsed.data.marks)), clock: parsed.data.clock };
}

/** Writes whole or not at all, for the owner only. */
export async function writeMarks(home: string, cloud: string, { byMachine, clock }: Marks): Promise<void> {
  await mkdir(join(home, 'cloud'), { recursive: true, mode: 0o700 });
  const content: z.output<typeof file> = {
    formatVersion: 1,
    ...(clock === undefined ? {} : { clock }),
    marks: Object.fromEntries([...byMachine].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  await writeFileAtomically(marksPath(home, cloud), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** What a sweep saw besides its verdicts. */
export interface Seen {
  readonly cloud: readonly CloudMachine[];
  readonly isComplete: boolean;
  /** The clock was set: of older marks nobody knows the age any more. */
  readonly isClockSuspect: boolean;
}

/** The marks after a sweep. Where the list broke off, marks of machines that were not listed stay. */
export function mergeMarks(
  before: ReadonlyMap<string, Mark>,
  verdicts: readonly Verdict[],
  seen: Seen,
  now: number,
): ReadonlyMap<string, Mark> {
  const after = new Map(seen.isClockSuspect ? [] : before);
  const known = new Set(seen.cloud.map(({ id }) => id));
  for (const [id, { at }] of before) {
    if (seen.isComplete && !known.has(id) && Math.abs(now - at) > forgottenAfterMs) after.delete(id);
  }
  for (const { id, state } of seen.cloud) if (state === 'terminated') after.delete(id);
  for (const verdict of verdicts) {
    if (verdict.action === 'mark') after.set(verdict.machine, verdict.mark);
    if (verdict.action === 'unmark') after.delete(verdict.machine);
  }
  return after;
}

async function jsonIn(path: string): Promise<unknown> {
  try {
    return await readJsonFile(path);
  } catch (error) {
    if (error instanceof MegalithError && error.code === 'JOURNAL_FAILED') return undefined;
    throw error;
  }
}
