import { createHash } from 'node:crypto';
import { fieldsOf, isLabel, isLower, type Label, parsedJson } from '@megalith/agent';

/** When a path got a label, and what gave it. */
interface LabelNote {
  /** Epoch milliseconds. */
  readonly at: number;
  /** In words: `job "assemble"`. */
  readonly from: string;
}

/** What is written down of one path. */
export interface LabelRecord {
  /** Absolute, without links. */
  readonly path: string;
  /** Every label that it got since it was last declassified: the highest counts. */
  readonly notes: Partial<Readonly<Record<Label, LabelNote>>>;
  /** When it was declassified, epoch milliseconds: what a folder above it got before does not count for it any more. */
  readonly clearedAt?: number;
}

export interface FoundLabel extends LabelNote {
  readonly path: string;
  readonly label: Label;
}

/** The record with one more label. It can only rise by that. */
export function withNote(record: LabelRecord | undefined, { path, label, at, from }: FoundLabel): LabelRecord {
  return { ...record, path, notes: { ...record?.notes, [label]: { at, from } } };
}

/** The highest label of a record, of those that it got at a time or later. */
export function highestSince(record: LabelRecord, since: number): FoundLabel | undefined {
  let highest: FoundLabel | undefined;
  for (const [label, note] of Object.entries(record.notes) as [Label, LabelNote][]) {
    if (note.at < since || (highest !== undefined && !isLower(highest.label, label))) continue;
    highest = { path: record.path, label, ...note };
  }
  return highest;
}

/**
 * The highest label of a chain of records that begins at a path and goes on with the folders above it. One that was declassified covers
 * what those above got before.
 */
export function highestUpwards(chain: readonly LabelRecord[]): FoundLabel | undefined {
  let since = Number.NEGATIVE_INFINITY;
  let highest: FoundLabel | undefined;
  for (const record of chain) {
    highest = higherOf(highest, highestSince(record, since));
    since = Math.max(since, record.clearedAt ?? since);
  }
  return highest;
}

export function higherOf(one: FoundLabel | undefined, other: FoundLabel | undefined): FoundLabel | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return isLower(one.label, other.label) ? other : one;
}

/** Names the record of a path. */
export function recordKey(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 32);
}

/** Undefined for a text that holds no record. */
export function recordIn(text: string): LabelRecord | undefined {
  const value = parsedJson(text);
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is LabelRecord {
  const { path, notes } = fieldsOf(value);
  if (typeof path !== 'string' || typeof notes !== 'object' || notes === null) return false;
  return Object.entries(notes).every(([label, note]) => isLabel(label) && isNote(note));
}

function isNote(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'number';
}
