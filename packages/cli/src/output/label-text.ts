import type { PathLabel } from '@megalith/core';
import { table } from './table.js';

/** The listing of `megalith labels`. */
export function labelTable(labels: readonly PathLabel[]): string {
  return table(
    ['LABEL', 'PATH', 'WHY'].map(heading => ({ heading })),
    labels.map(({ label, path, rule }) => [label, path, rule]),
  );
}
