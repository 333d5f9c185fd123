import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MegalithError } from '../errors.js';
import { unlessMissingSync } from '../files/unless-missing.js';
import { writeFileAtomicallySync } from '../journal/atomic-file.js';
import { isJobId } from '../journal/home.js';
import { parsedJson } from '../protocol/foreign-json.js';
import { isLabel } from '../protocol/label.js';
import type { LeaseHolder, LeaseReply, LeaseRequest } from '../protocol/machine-messages.js';
import { endLease, type HeldLease, judgeLease, type LeaseFacts, type LeaseRecord, leaseNow } from './judge-lease.js';

/** The leases of a machine, in the file `lease.json` of its home, which the agents of all versions there share. */
export class LeaseBook {
  readonly #path: string;
  readonly #facts: () => LeaseFacts;
  #record: LeaseRecord;

  constructor(home: string, facts: () => LeaseFacts) {
    this.#path = join(home, 'lease.json');
    this.#facts = facts;
    this.#record = this.#read();
  }

  /** As of the last look. */
  get record(): LeaseRecord {
    return this.#record;
  }

  /** Set while it is not yet its job that holds the machine. */
  get waitingFor(): LeaseHolder | undefined {
    const { lease } = this.#record;
    return lease === undefined || lease.begun ? undefined : lease.holder;
  }

  /** Ends what is over. @param now epoch milliseconds */
  look(now: number): void {
    const { lease } = this.#record;
    if (lease === undefined) return;
    const facts = this.#facts();
    // Another agent keeps its own lease in the file.
    const before = lease.agent === facts.agent ? this.#record : this.#read();
    try {
      this.#keep(leaseNow(before, now, facts), before);
    } catch (error) {
      // What the file still says is ended again by whoever reads it next.
      process.stderr.write(`the end of a lease cannot be written down: ${String(error)}\n`);
      this.#record = leaseNow(before, now, facts);
    }
  }

  /** @throws MegalithError USAGE */
  ask(request: LeaseRequest, now: number): LeaseReply {
    checkRequest(request);
    const before = this.#read();
    const { record, reply } = judgeLease(before, request, now, this.#facts());
    this.#keep(record, before);
    return reply;
  }

  end(holder: LeaseHolder, now: number): void {
    const before = this.#read();
    this.#keep(endLease(before, holder, now, this.#facts()), before);
  }

  /** Ends a lease for a job that was over before, or was refused: nobody will bring that. */
  endUnused(job: string, now: number): void {
    const holder = this.waitingFor;
    if (holder?.job === job && !this.#facts().jobs.includes(job)) this.end(holder, now);
  }

  /** Whether a client may bring the job. */
  allows(job: string, now: number): boolean {
    this.look(now);
    const { lease } = this.#record;
    return lease?.holder.job === job && lease.agent === this.#facts().agent;
  }

  #keep(record: LeaseRecord, before: LeaseRecord): void {
    if (!isDeepStrictEqual(record, before)) writeFileAtomicallySync(this.#path, JSON.stringify(record));
    this.#record = record;
  }

  #read(): LeaseRecord {
    const text = unlessMissingSync(() => readFileSync(this.#path, 'utf8'));
    if (text === undefined) return {};
    const record = parseRecord(text);
    if (record !== undefined) return record;
    process.stderr.write(`"${this.#path}" is damaged: any data may have been here\n`);
    return { label: 'restricted' };
  }
}

/** Undefined for a text that is not a record. */
function parseRecord(text: string): LeaseRecord | undefined {
  const found = parsedJson(text);
  if (typeof found !== 'object' || found === null) return undefined;
  const { label, lease } = found as Record<string, unknown>;
  if (label !== undefined && !isLabel(label)) return undefined;
  if (lease !== undefined && !isHeldLease(lease)) return undefined;
  return { ...(label === undefined ? {} : { label }), ...(lease === undefined ? {} : { lease }) };
}

function isHeldLease(value: unknown): value is HeldLease {
  if (typeof value !== 'object' || value === null) return false;
  const { holder, label, until, begun, agent } = value as Record<string, unknown>;
  const isRest = isLabel(label) && typeof until === 'number' && typeof begun === 'boolean';
  return isRest && isHolder(holder) && typeof agent === 'string';
}

function isHolder(value: unknown): value is LeaseHolder {
  if (typeof value !== 'object' || value === null) return false;
  const { owner, job } = value as Record<string, unknown>;
  return typeof owner === 'string' && typeof job === 'string' && isJobId(job);
}

function checkRequest({ holder, label, requirements, ttlMs }: LeaseRequest): void {
  const numbers: readonly unknown[] = [requirements?.cpus, requirements?.memoryBytes, ttlMs];
  const isSound = isHolder(holder) && isLabel(label) && numbers.every(one => typeof one === 'number' && one >= 0);
  if (isSound) return;
  throw new MegalithError('USAGE', 'this is no request for a lease', {
    hint: 'name the owner, the job, a known label, cpus, bytes of memory and a time to live',
  });
}
