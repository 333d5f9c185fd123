import { freemem } from 'node:os';
import { join } from 'node:path';
import { readSmallFile } from '../process/small-file.js';
import { type CgroupPlace, groupAndAncestors, ownCgroup } from './own-cgroup.js';
import { bytesIn, numberAfter } from './usable-memory.js';

/**
 * Memory that could be had now without killing anything, bytes: the kernel's own estimate, or the headroom of our
 * cgroup and its ancestors where that is less. Cached files count as available.
 * @param root stands for `/` in tests
 */
export function availableMemoryBytes(root = '/'): number {
  const kib = readSmallFile(join(root, 'proc/meminfo'))?.match(/^MemAvailable:\s+(\d+) kB/m)?.[1];
  const machine = kib === undefined ? freemem() : Number(kib) * 1024;
  const place = ownCgroup('memory', root);
  if (!place) return machine;
  const headrooms = groupAndAncestors(place).map(directory => headroom(place, directory));
  return Math.max(0, Math.min(machine, ...headrooms.filter(bytes => bytes !== undefined)));
}

function headroom(place: CgroupPlace, directory: string): number | undefined {
  const v2 = place.version === 2;
  const limit = bytesIn(directory, v2 ? 'memory.max' : 'memory.limit_in_bytes');
  const usage = bytesIn(directory, v2 ? 'memory.current' : 'memory.usage_in_bytes');
  if (limit === undefined || usage === undefined) return undefined;
  const stat = readSmallFile(join(directory, 'memory.stat'));
  return limit - usage + (numberAfter(stat, v2 ? 'inactive_file' : 'total_inactive_file') ?? 0);
}
