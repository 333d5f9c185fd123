import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, signalProcess } from './process-identity.js';

const pollMs = 10;
/** A killed process that hangs in the kernel is not waited for any longer than this. */
const killDeadlineMs = 5_000;

/** Ends these very processes: SIGTERM, the grace, SIGKILL. Settles with those that outlived it all: as a rule none. */
export async function endProcesses(
  identities: readonly ProcessIdentity[],
  graceMs: number,
): Promise<readonly ProcessIdentity[]> {
  const left = graceMs > 0 ? await signalAndWait(identities, 'SIGTERM', graceMs) : identities;
  return signalAndWait(left, 'SIGKILL', killDeadlineMs);
}

async function signalAndWait(
  identities: readonly ProcessIdentity[],
  signal: NodeJS.Signals,
  deadlineMs: number,
): Promise<readonly ProcessIdentity[]> {
  let left = identities.filter(identity => signalProcess(identity, signal));
  const deadline = performance.now() + deadlineMs;
  while (left.length > 0 && performance.now() < deadline) {
    await delay(pollMs);
    left = left.filter(isAlive);
  }
  return left;
}
