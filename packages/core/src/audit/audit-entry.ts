import type { ErrorCode, Label } from '@megalith/agent';
import type { ReasonCode } from '../backends/backend.js';
import type { Goal } from '../placement/goal.js';

/** What is noted for good. Who did it, and when, is added as it is written. */
export type AuditEntry = PlacementEntry | RefusalEntry | EscalationEntry | DeclassifyEntry | LabelEntry;
export type AuditKind = AuditEntry['kind'] | TornEntry['kind'];

/** What every decision about a job says of it. */
interface OfJob {
  /** The job's id. */
  readonly job: string;
  readonly name: string;
  /** The function, or the program of a command: without arguments, which may hold anything. */
  readonly work: string;
  readonly label: Label;
  /** The rule of the policy that gave the label. */
  readonly rule: string;
}

/** A place that data goes to. */
interface ToPlace {
  /** The id of the candidate. */
  readonly candidate: string;
  /** The name of its site. */
  readonly site: string;
  readonly clearance: Label;
  /** Why this one, in words. */
  readonly reason: string;
}

/** How many candidates were passed over, by reason. */
export type RejectedCounts = Readonly<Partial<Record<ReasonCode, number>>>;

/** A job goes somewhere. */
export interface PlacementEntry extends OfJob, ToPlace {
  readonly kind: 'placement';
  /** Other places that get a part of its tasks: those of a split job, and where the first ones show what they need. */
  readonly others?: readonly Omit<ToPlace, 'reason'>[];
  readonly rejected: RejectedCounts;
  readonly goal: Goal;
}

/** A job goes nowhere: no place may or can take it, or a gate refused it. */
export interface RefusalEntry extends OfJob {
  readonly kind: 'refusal';
  readonly code: ErrorCode;
  readonly reason: string;
  readonly rejected: RejectedCounts;
  readonly goal: Goal;
}

/** A task of a job goes to a larger place. */
export interface EscalationEntry extends OfJob, ToPlace {
  readonly kind: 'escalation';
  /** The task's index. */
  readonly task: number;
  /** The id of the candidate where it failed. */
  readonly from: string;
}

/** Somebody lowered a label. */
export interface DeclassifyEntry {
  readonly kind: 'declassify';
  /** Paths, or what the data is in words: `results of job "simulate" (2f9c…)`. */
  readonly what: readonly string[];
  readonly was: Label;
  readonly to: Label;
  readonly reason: string;
}

/** Files got a label, or a higher one. */
export interface LabelEntry {
  readonly kind: 'label';
  readonly paths: readonly string[];
  readonly label: Label;
  /** What gave it: `job "assemble" (2f9c…)`. */
  readonly from: string;
}

/** A writer died in the middle of a line: what there was of it was cut off, and is kept beside the log. */
export interface TornEntry {
  readonly kind: 'torn';
  readonly bytes: number;
  readonly sha256: string;
  readonly file: string;
}

/** An entry as it stands in the log. */
export type AuditRecord = (AuditEntry | TornEntry) & {
  /** Counts from 1. */
  readonly seq: number;
  /** ISO 8601, in UTC. */
  readonly at: string;
  /** `user@host`. */
  readonly who: string;
  /** The hash of the entry before. */
  readonly prev: string;
  readonly hash: string;
};
