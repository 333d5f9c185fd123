import { isMegalithError, MegalithError } from '@megalith/agent';
import type { Candidate, JobRequest, ReasonCode, Rejection, Site } from '@megalith/core';
import type { PoolDesk } from './acquire.js';
import { newCandidate, type PoolTerms, sizedOffers } from './new-candidates.js';
import type { Stock } from './stock.js';
import { type KnownMachine, warmCandidate } from './warm-candidates.js';

export interface PoolCandidatesOptions {
  readonly desk: PoolDesk;
  readonly site: PoolTerms['site'];
  /** As of `sharingsOf`. */
  readonly slots?: number | undefined;
  /** As of `Cloud.stock`. */
  readonly asks: boolean;
  /** For all together, milliseconds. @defaultValue 45 s */
  readonly deadlineMs?: number;
}

/** Lists and prices of a region come within 30 s, or what is known here stands in for them: this is for what is asked beside them. */
const answerMs = 45_000;

/** Errors of a cloud that say that it has no such machine, whenever it is asked. */
const unfits: ReadonlyMap<string, ReasonCode> = new Map([
  ['OVER_MEMORY', 'OVER_MEMORY'],
  ['OVER_CPUS', 'OVER_CPUS'],
  ['OVER_BUDGET', 'OVER_BUDGET'],
  ['NO_PLACEMENT', 'OVER_DISK'],
]);
/** And those that say that somebody has to do something before it has any. Others pass. */
const unready: ReadonlyMap<string, ReasonCode> = new Map([
  ['QUOTA', 'QUOTA'],
  ['NOT_CONFIGURED', 'NOT_CONFIGURED'],
  ['NO_CREDENTIALS', 'NOT_CONFIGURED'],
  ['CONFIG', 'NOT_CONFIGURED'],
]);

/**
 * The machines of a pool that a job could have: those that are there, and those that would be made. Starts nothing, and always comes within the deadline:
 * what is wrong with the cloud is one rejected candidate.
 */
export async function poolCandidates(job: JobRequest, options: PoolCandidatesOptions): Promise<readonly Candidate[]> {
  const { desk, site, slots, asks, deadlineMs = answerMs } = options;
  const deadline = AbortSignal.timeout(deadlineMs);
  let there: readonly Candidate[] = [];
  try {
    const stock = await desk.cloud.stock(asks, deadline);
    const machines = await knownMachines(stock, desk);
    const usesOf = await usesOfTypes(
      machines.map(({ machine }) => machine.type),
      desk,
    );
    const terms = { cloud: desk.cloud.name, site, maxLifetimeMs: desk.maxLifetimeMs, pinnedMs: desk.keeping?.pinnedMs };
    const most = slots ?? Number.POSITIVE_INFINITY;
    there = machines.flatMap(known => warmCandidate(known, job, desk, { ...terms, usesOf }, most, desk.now()) ?? []);
    const sized = sizedOffers(job, stock, slots);
    const usesOfNew = await usesOfTypes(
      sized.map(({ offers }) => offers[0]!.shape.type),
      desk,
    );
    return [...there, ...sized.map(each => newCandidate(each, { ...terms, usesOf: usesOfNew }))];
  } catch (error) {
    return [...there, absent(site, rejectionOf(deadline.aborted ? silent(desk.cloud.name, deadlineMs) : error))];
  }
}

/** What this client knows of the machines that are its owner's. */
async function knownMachines(
  { machines, worthOf }: Stock,
  { owner, intents, keeping }: PoolDesk,
): Promise<KnownMachine[]> {
  const ours = machines.filter(({ tags }) => tags.owner === owner);
  if (ours.length === 0) return [];
  const byId = new Map((await intents.all()).intents.map(intent => [intent.id, intent]));
  return await Promise.all(
    ours.map(async machine => ({
      machine,
      worth: worthOf(machine),
      intent: byId.get(machine.tags.intent),
      note: await keeping?.notes.find(machine.id),
    })),
  );
}

async function usesOfTypes(
  types: readonly string[],
  { cloud, image, keeping }: PoolDesk,
): Promise<PoolTerms['usesOf']> {
  const kind = { provider: cloud.name, region: cloud.region, image };
  const found = await Promise.all(
    [...new Set(types)].map(async type => [type, await keeping?.uses.find({ ...kind, type })] as const),
  );
  const uses = new Map(found);
  return type => uses.get(type);
}

/** Errors of programs are no word of the cloud. */
function rejectionOf(error: unknown): Rejection {
  if (!isMegalithError(error)) throw error;
  const { code, message: explanation } = error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  const unfit = unfits.get(code);
  if (unfit !== undefined) return { reason: unfit, explanation, ...hint };
  return { reason: unready.get(code) ?? 'NO_CAPACITY', explanation, ...hint, code };
}

function silent(cloud: string, deadlineMs: number): MegalithError {
  return new MegalithError('CLOUD_FAILED', `${cloud} did not say within ${deadlineMs / 1000} s what it has`, {
    hint: 'look at it with `megalith doctor`',
  });
}

function absent(site: Site, rejected: Rejection): Candidate {
  return {
    backend: 'standalone',
    id: `${site.name} new`,
    kind: 'new',
    site,
    billing: { per: 'nothing' },
    startMs: 0,
    description: `a machine of ${site.name}`,
    cpus: 0,
    usableMemoryBytes: 0,
    slots: 0,
    usdPerHour: 0,
    rejected,
  };
}
