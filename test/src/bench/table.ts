import type { Row } from './bench.js';

const heads = ['bench', 'case', 'ours', 'peer', '', 'ours/peer', 'against'] as const;
const widths = [5, 66, 7, 7, 4, 9, 0] as const;

/** The line above the rows; it says which way is good. */
export function tableHead(): string {
  return `Medians, both sides measured in this run. ours/peer below 1: Megalith takes less.\n${line(heads)}`;
}

export function tableRow(row: Row): string {
  return line([row.bench, row.case, String(row.ours), String(row.peer), row.unit, row.ratio.toFixed(3), row.peerName]);
}

function line(cells: readonly string[]): string {
  const numeric = new Set([2, 3, 5]);
  const padded = cells.map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)));
  return padded.join(' ').trimEnd();
}
