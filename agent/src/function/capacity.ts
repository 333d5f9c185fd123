import type { Capacity } from '../host/admission.js';
import { scarceBelowBytes } from '../memory/memory-pressure.js';

const mebibyte = 2 ** 20;

/**
 * "At 1,769 MB, a function has the equivalent of one vCPU", and in proportion below and above:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const mibPerCpu = 1769;
/** The job host, Node's own program included: measured at 57 MiB after 300 small calls; the rest is for AWS's runtime client and garbage. */
const hostBytes = 88 * mebibyte;
/** One more Node process, whose program is in memory already: measured at 22 MiB after its first task, 28 after 300. */
const slotBytes = 32 * mebibyte;

/** What tasks may use of a function with this memory; one that is too small for any still runs those that ask for nothing. */
export function functionCapacity(memoryMib: number): Capacity {
  const cpus = Math.max(1, Math.floor(memoryMib / mibPerCpu));
  const limitBytes = memoryMib * mebibyte;
  const reservedBytes = hostBytes + cpus * slotBytes + scarceBelowBytes(limitBytes);
  return { cpus, memoryBytes: Math.max(0, limitBytes - reservedBytes) };
}
