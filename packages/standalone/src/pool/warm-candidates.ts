import type { Candidate, JobRequest } from '@megalith/core';
import type { CloudMachine } from './cloud-machine.js';
import type { LaunchIntent } from './launch-intent.js';
import { labelProblem } from './lifecycle.js';
import type { MachineNote } from './machine-notes.js';
import { type MachineUses, restartOf } from './machine-uses.js';
import { cloudTransfer, type PoolTerms, tailMs } from './new-candidates.js';
import { placeId } from './place-id.js';
import { leastLifeMs } from './reuse.js';
import { roomIn } from './shares.js';
import type { MachineWorth } from './stock.js';

/** A machine of the cloud, and what this client knows of it. */
export interface KnownMachine {
  readonly machine: CloudMachine;
  readonly worth: MachineWorth | undefined;
  /** What it was made for. */
  readonly intent: LaunchIntent | undefined;
  readonly note: Pick<MachineNote, 'plan'> | undefined;
}

/** Whose machines a job may have. */
export interface PoolOwner {
  readonly owner: string;
  readonly image: string;
}

/** A connection over the internet, a lease, and the start of the first task, milliseconds. */
const reachMs = 1000;
/** A start again is billed for so long at least. */
const minimumMs = 60_000;
/** One that ends sooner may be gone before the job comes. */
const leastLeftMs = 10_000;

/**
 * A machine that is up without work, or stopped, as a candidate; undefined where it is not for this job: it is somebody else's or busy, its label is another,
 * it is too small, or soon gone. That is judged by what is known here, and nobody is asked: its agent decides when the job comes.
 */
export function warmCandidate(
  known: KnownMachine,
  job: JobRequest,
  ours: PoolOwner,
  terms: PoolTerms,
  mostSlots: number,
  now: number,
): Candidate | undefined {
  const { machine, worth, note } = known;
  const { id, type, market, tags } = machine;
  const leftMs = tags.expiresAt - now;
  if (tags.owner !== ours.owner || tags.image !== ours.image || worth === undefined || note === undefined)
    return undefined;
  if (labelProblem({ clearance: tags.label, held: tags.label }, job.label) !== undefined) return undefined;
  if (!(leftMs >= leastLifeMs) || !isLeft(known)) return undefined;
  const room = roomIn(worth, job);
  if (room < 1) return undefined;
  const uses = terms.usesOf(type);
  const idleMs = idleLeftMs(known, uses, now);
  const isUp = machine.state === 'running';
  if (!isUp && machine.state !== 'stopped') return undefined;
  if (idleMs === undefined || idleMs < leastLeftMs) return undefined;
  const how = isUp ? 'warm' : 'stopped';
  const startMs = isUp ? reachMs : restartOf(uses).ms;
  const { cpus, usableMemoryBytes, usdPerHour } = worth;
  const { site } = terms;
  return {
    backend: 'standalone',
    id: placeId({ how, machine: id }),
    kind: isUp ? 'warm' : 'new',
    site: { ...site, clearance: tags.label },
    description: `${id} of ${site.name}, ${type} ${market}, ${isUp ? 'up without work' : 'stopped'}`,
    cpus,
    usableMemoryBytes,
    slots: Math.min(room, job.taskCount ?? Number.POSITIVE_INFINITY, mostSlots),
    usdPerHour,
    billing: {
      per: 'hour',
      usdPerHour,
      minimumMs: isUp ? 0 : minimumMs,
      startMs,
      idleTailMs: tailMs(usdPerHour, uses, terms.pinnedMs),
      // So long it would stay up without the job, too.
      ...(isUp ? { paidMs: Math.min(idleMs, leftMs) } : {}),
    },
    startMs,
    limits: { timeMs: leftMs - startMs },
    transfer: cloudTransfer,
  };
}

/** Whether a job of this client has left it, or it was made for whichever comes. */
function isLeft({ intent }: KnownMachine): boolean {
  if (intent === undefined || intent.closedAt !== undefined) return false;
  return intent.job === undefined ? intent.servedAt !== undefined : intent.releasedAt !== undefined;
}

/** So long it stays as it is; undefined where nobody knows. */
function idleLeftMs({ machine, note }: KnownMachine, uses: MachineUses | undefined, now: number): number | undefined {
  const plan = note?.plan;
  if (machine.state === 'stopped') {
    if (plan?.stoppedForMs === undefined) return undefined;
    return plan.at + plan.idleTailMs + plan.stoppedForMs - now;
  }
  const left = uses?.idle.find(each => each.machine === machine.id);
  if (left !== undefined) return left.at + left.tailMs - now;
  return plan === undefined ? undefined : plan.at + plan.idleTailMs - now;
}
