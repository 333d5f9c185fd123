import type { HostEntry } from './host-entry.js';

/** The keys of an entry in the file, in the order in which they are written. */
export const hostFieldNames = [
  'address',
  'user',
  'port',
  'identityFile',
  'hostKeys',
  'jump',
  'cpus',
  'memory',
  'clearance',
  'region',
  'folder',
] as const;

/** An entry as it stands in the file; what is undefined is left out. */
export function hostFields({ name: _, memoryBytes, ...entry }: HostEntry): Readonly<Record<string, unknown>> {
  const all = { ...entry, memory: memoryBytes === undefined ? undefined : exactSize(memoryBytes) };
  return Object.fromEntries(
    hostFieldNames.map(key => [key, all[key]] as const).filter(([, value]) => value !== undefined),
  );
}

/** The same number of bytes, in the largest unit that divides it. */
function exactSize(bytes: number): string | number {
  for (const [unit, size] of [
    ['TiB', 2 ** 40],
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return bytes;
}
