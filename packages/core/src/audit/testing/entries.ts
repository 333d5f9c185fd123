import type { LabelEntry } from '../audit-entry.js';

/** A small entry for tests. */
export function labelEntry(number: number): LabelEntry {
  return { kind: 'label', paths: [`/out/${number}`], label: 'restricted', from: 'job "simulate"' };
}
