import type { Capacity } from '../host/admission.js';
import { isLower, type Label } from '../protocol/label.js';
import type { LeaseHolder, LeaseReply, LeaseRequest } from '../protocol/machine-messages.js';

/** What a machine remembers of its leases, however often its agent is started anew. */
export interface LeaseRecord {
  /** The highest label that was ever leased for: data of that label may still lie here. */
  readonly label?: Label;
  readonly lease?: HeldLease;
}

/** One holder's exclusive hold on the machine. */
export interface HeldLease {
  readonly holder: LeaseHolder;
  readonly label: Label;
  /** Until then it holds without its job; epoch milliseconds. */
  readonly until: number;
  /** Its job came: from then on it ends with the job. */
  readonly begun: boolean;
  /** The hash of the agent that granted it, and that runs its job. */
  readonly agent: string;
}

/** How the machine stands. */
export interface LeaseFacts {
  /** The hash of this agent. */
  readonly agent: string;
  /** Other agents of the machine that live. */
  readonly otherAgents: ReadonlySet<string>;
  /** Jobs of those hold a part of the machine. */
  readonly isShared: boolean;
  /** Ids of the jobs that are not over, without those that tasks started. */
  readonly jobs: readonly string[];
  /** No new jobs are taken. */
  readonly isClosed: boolean;
  readonly capacity: Capacity;
}

export interface LeaseVerdict {
  readonly record: LeaseRecord;
  readonly reply: LeaseReply;
}

/** A lease without a job is granted for no longer than this, milliseconds: a client that died must not hold a machine up. */
export const longestTtlMs = 3600 * 1000;

/** The record as time and jobs have left it: a lease ends with its job, or with its time if the job never came. */
export function leaseNow(record: LeaseRecord, now: number, facts: LeaseFacts): LeaseRecord {
  const { lease } = record;
  if (lease === undefined) return record;
  // Another agent's jobs are known to that agent only. Once it is dead, this one goes on with them.
  const isElsewhere = lease.agent !== facts.agent && facts.otherAgents.has(lease.agent);
  if (isElsewhere && lease.begun) return record;
  if (!isElsewhere && facts.jobs.includes(lease.holder.job)) {
    return { ...record, lease: { ...lease, begun: true, agent: facts.agent } };
  }
  if (lease.begun || now >= lease.until) return withoutLease(record);
  return record;
}

/** Whether the machine is leased to who asks. The same holder asking again renews what it has. */
export function judgeLease(before: LeaseRecord, request: LeaseRequest, now: number, facts: LeaseFacts): LeaseVerdict {
  const record = leaseNow(before, now, facts);
  const { lease } = record;
  const isHere = lease !== undefined && (!lease.begun || lease.agent === facts.agent);
  const isOwn = isHere && isSameHolder(lease.holder, request.holder);
  const refuse = (reason: 'BUSY' | 'LABEL' | 'DRAINING' | 'TOO_SMALL', message: string): LeaseVerdict => ({
    record,
    reply: { type: 'lease', granted: false, reason, message },
  });
  const { label, requirements } = request;
  if (record.label !== undefined && isLower(label, record.label)) {
    return refuse('LABEL', `this machine has held data labelled "${record.label}", and takes none of a lower label`);
  }
  if (requirements.cpus > facts.capacity.cpus || requirements.memoryBytes > facts.capacity.memoryBytes) {
    const { cpus, memoryBytes } = facts.capacity;
    return refuse('TOO_SMALL', `this machine has ${cpus} cpus and ${memoryBytes} bytes of memory to give`);
  }
  if (facts.isClosed && !(isOwn && lease.begun)) return refuse('DRAINING', 'this machine takes no new jobs');
  if (lease !== undefined && !isOwn) return refuse('BUSY', `this machine is leased for job "${lease.holder.job}"`);
  if (lease === undefined && (facts.isShared || facts.jobs.some(job => job !== request.holder.job))) {
    return refuse('BUSY', 'jobs run on this machine that have no lease');
  }
  const until = now + Math.min(request.ttlMs, longestTtlMs);
  const begun = lease?.begun ?? facts.jobs.includes(request.holder.job);
  const { agent } = facts;
  const granted: HeldLease = { holder: request.holder, label, until, begun, agent };
  return {
    // It is none lower than before, or it would have been refused.
    record: { label, lease: granted },
    reply: { type: 'lease', granted: true, until, label },
  };
}

/** The record once this holder wants its lease no more. One whose job has come ends with the job, and not before. */
export function endLease(before: LeaseRecord, holder: LeaseHolder, now: number, facts: LeaseFacts): LeaseRecord {
  const record = leaseNow(before, now, facts);
  const { lease } = record;
  if (lease === undefined || lease.begun || !isSameHolder(lease.holder, holder)) return record;
  return withoutLease(record);
}

function isSameHolder(one: LeaseHolder, other: LeaseHolder): boolean {
  return one.owner === other.owner && one.job === other.job;
}

function withoutLease({ lease: _, ...record }: LeaseRecord): LeaseRecord {
  return record;
}
