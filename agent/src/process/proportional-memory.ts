import { readFile } from 'node:fs/promises';

/**
 * Memory of some processes with shared pages counted once, bytes. The kernel walks all their pages for it, so this is
 * for the moment of decision, not for sampling. Undefined where the kernel does not tell.
 */
export async function proportionalMemoryBytes(pids: readonly number[]): Promise<number | undefined> {
  const sizes = await Promise.all(pids.map(pssBytes));
  const known = sizes.filter(size => size !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0);
}

async function pssBytes(pid: number): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
  } catch {
    // It has ended, or the kernel is older than 4.14.
    return undefined;
  }
  const kib = text.match(/^Pss:\s+(\d+) kB/m)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
