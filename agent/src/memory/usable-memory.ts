import { totalmem } from 'node:os';
import { join } from 'node:path';
import { readSmallFile } from '../process/small-file.js';
import { groupAndAncestors, ownCgroup } from './own-cgroup.js';

/** Karpenter's default `vm-memory-overhead-percent`, 7.5 %, is what kernel and hypervisor take of the nominal memory. */
const usableShare = 0.925;

/**
 * What tasks may use on this machine, bytes: 92.5 % of its physical memory, or of the lowest limit of our cgroup and
 * its ancestors where that is less.
 * @param root stands for `/` in tests
 */
export function usableMemoryBytes(root = '/'): number {
  return Math.floor(Math.min(physicalMemoryBytes(root), cgroupMemoryLimitBytes(root) ?? Infinity) * usableShare);
}

/** The lowest memory limit of our cgroup and all its ancestors; undefined where there is none. */
export function cgroupMemoryLimitBytes(root = '/'): number | undefined {
  const place = ownCgroup('memory', root);
  if (!place) return undefined;
  const limits = groupAndAncestors(place).flatMap(directory =>
    place.version === 2
      ? // Above `memory.high` nothing is killed, but everything is slowed down to reclaim.
        [bytesIn(directory, 'memory.max'), bytesIn(directory, 'memory.high')]
      : // The second is the kernel's own sum over all ancestors, those that a container cannot see included.
        [bytesIn(directory, 'memory.limit_in_bytes'), hierarchicalLimit(directory)],
  );
  const lowest = Math.min(...limits.filter(limit => limit !== undefined));
  // A v1 group without limit says 2^63 less a page.
  return lowest < 2 ** 62 ? lowest : undefined;
}

/** Undefined for `max`, and where the file is missing. */
export function bytesIn(directory: string, file: string): number | undefined {
  const text = readSmallFile(join(directory, file))?.trim();
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}

function hierarchicalLimit(directory: string): number | undefined {
  return numberAfter(readSmallFile(join(directory, 'memory.stat')), 'hierarchical_memory_limit');
}

/** The number after a key in a flat keyed file, such as `memory.stat`. */
export function numberAfter(text: string | undefined, key: string): number | undefined {
  const value = text?.match(new RegExp(`^${key} (\\d+)$`, 'm'))?.[1];
  return value === undefined ? undefined : Number(value);
}

function physicalMemoryBytes(root: string): number {
  const kib = readSmallFile(join(root, 'proc/meminfo'))?.match(/^MemTotal:\s+(\d+) kB/m)?.[1];
  return kib === undefined ? totalmem() : Number(kib) * 1024;
}
