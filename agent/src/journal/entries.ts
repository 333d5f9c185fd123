import { deserialize, serialize } from 'node:v8';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { Label } from '../protocol/label.js';
import type { Failure, Isolation, JobSpec, Requirements, SharedSpec } from '../protocol/messages.js';
import type { JobCounts, JobOutcome } from './job-tally.js';

/**
 * Task events with more payload than this (a result, one log chunk) may be left out of the journal: the host then writes an
 * `omitted` entry in the place of the event. 1 MiB: a thousand such results are 1 GiB of disk, kept for the retention time.
 */
export const largePayloadBytes = 2 ** 20;

/** A job as the journal tells it: no code, no captured values, and of environment variables only the names. */
export interface JournalledSpec {
  readonly id: string;
  readonly name: string;
  readonly work: JournalledWork;
  readonly requirements: Requirements;
  readonly tags: readonly string[];
  readonly label?: Label;
  readonly cwd: string;
  readonly envNames: readonly string[];
  readonly secretNames?: readonly string[];
}

export type JournalledWork =
  | { readonly kind: 'command'; readonly argv?: readonly string[]; readonly shell?: string }
  | {
      readonly kind: 'function';
      readonly bundleHash: string;
      readonly isolation: Isolation;
      readonly shared: readonly JournalledShared[];
    };

interface JournalledShared {
  readonly name: string;
  readonly source: SharedSpec['source'];
  readonly byteLength?: number;
  readonly path?: string;
}

/** What happened to the job as a whole. `at` is epoch milliseconds. */
export type ControlEntry =
  | { readonly type: 'submitted'; readonly at: number; readonly spec: JournalledSpec }
  /** The files of the job have come: tasks may begin. */
  | { readonly type: 'filesReady'; readonly at: number }
  /** Another host goes on with the job, because the one before was killed. */
  | { readonly type: 'resumed'; readonly at: number; readonly host: ProcessIdentity }
  /** No more tasks will come. */
  | { readonly type: 'taskCount'; readonly at: number; readonly taskCount: number }
  | {
      readonly type: 'cancelled';
      readonly at: number;
      readonly reason: string;
      /** Undefined: the whole job. */
      readonly indexes?: readonly number[];
    }
  /** Stands for the `done` event of a task whose result was too large to keep. */
  | {
      readonly type: 'omitted';
      readonly at: number;
      readonly index: number;
      readonly attempt: number;
      readonly byteLength: number;
    }
  | ({ readonly type: 'ended'; readonly at: number } & JobEnding);

/** How a job ended. */
interface JobEnding {
  readonly state: JobOutcome;
  readonly counts: JobCounts;
  readonly peakMemoryBytes?: number;
  /** Why the job as a whole could not run. */
  readonly failure?: Failure;
}

export function encodeControl(entry: ControlEntry): Uint8Array {
  return serialize(entry);
}

/** Reads a `control` payload of a journal that this program wrote. */
export function decodeControl(payload: Uint8Array): ControlEntry {
  return deserialize(payload) as ControlEntry;
}

/** What of a job may be kept on disk. */
export function journalledSpec(spec: JobSpec): JournalledSpec {
  const { id, name, requirements, tags, cwd } = spec;
  const { secrets, label } = spec;
  return {
    id,
    name,
    work: journalledWork(spec.work),
    requirements,
    tags,
    ...(label && { label }),
    cwd,
    envNames: Object.keys(spec.env),
    ...(secrets && { secretNames: Object.keys(secrets) }),
  };
}

function journalledWork(work: JobSpec['work']): JournalledWork {
  if (work.kind === 'command') {
    const { kind, argv, shell } = work;
    return { kind, ...(argv && { argv }), ...(shell !== undefined && { shell }) };
  }
  const { kind, bundle, isolation, shared } = work;
  return { kind, bundleHash: bundle.hash, isolation, shared: shared.map(journalledShared) };
}

function journalledShared(spec: SharedSpec): JournalledShared {
  const { name, source } = spec;
  if (spec.source === 'bytes') return { name, source, byteLength: spec.byteLength };
  return spec.source === 'file' ? { name, source, path: spec.path } : { name, source };
}
