import { formatDuration, formatSize, type OwnedFunction } from '@megalith/core';
import { table } from '../output/table.js';

const mib = 2 ** 20;

/** The listing of `megalith lambda ls`. @param now epoch milliseconds */
export function functionTable(functions: readonly OwnedFunction[], now: number): string {
  return table(
    [
      { heading: 'NAME' },
      { heading: 'MEMORY', align: 'right' },
      { heading: 'ARCH' },
      { heading: 'VERSION' },
      { heading: 'AGE', align: 'right' },
    ],
    functions.map(({ name, memoryMib, arch, version, isCurrent, modifiedAt }) => [
      name,
      formatSize(memoryMib * mib),
      arch,
      isCurrent ? 'this one' : version,
      Number.isFinite(modifiedAt) ? formatDuration(Math.max(0, Math.round((now - modifiedAt) / 1000) * 1000)) : '-',
    ]),
  );
}
