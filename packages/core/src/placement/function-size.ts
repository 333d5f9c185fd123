const bytesPerMib = 2 ** 20;

/**
 * At 1,769 MB a function has one processor, and with more or less memory in proportion more or less.
 * Source: AWS Lambda, Developer Guide, "Configure Lambda function memory".
 */
const mibPerVcpu = 1769;

/**
 * What a sandbox needs beside the process in which the task runs: the agent as its handler (55 MiB measured at rest on Node 20), what AWS's
 * runtime adds to it, and a payload of 6 MB several times over, as text, as bytes and decoded.
 */
const besideTaskMib = 128;

/** Processors that a function of so much memory has: fractions, which are shares of time. */
export function vcpusOf(memoryMib: number): number {
  return memoryMib / mibPerVcpu;
}

/** What one task at a time may use in a function of so much memory, bytes; 0 where it is too small for any. */
export function usableBytesOf(memoryMib: number): number {
  return Math.max(0, Math.floor(memoryMib - besideTaskMib)) * bytesPerMib;
}
