import { isMegalithError } from '@megalith/agent';
import type { NoteBook } from './cloud-notes.js';
import { controlCall, type World } from './control-call.js';
import type { LambdaApi } from './lambda-api.js';

/** What the account allows, as far as it is known. */
export interface KnownConcurrency {
  readonly value: number;
  /** AWS did not say: it is what most accounts have. */
  readonly isAssumed?: boolean;
}

/** AWS: "Lambda quotas". New accounts have less. */
const usualConcurrency = 1000;
const keptForMs = 10 * 60_000;
/** Planning does not wait longer. */
const askWithinMs = 3_000;

/**
 * Invocations at once that the account allows, asked every 10 minutes.
 * @throws MegalithError NO_CREDENTIALS
 */
export async function knownConcurrency(api: LambdaApi, notes: NoteBook, world: World): Promise<KnownConcurrency> {
  const { concurrency } = await notes.read();
  const age = world.today() - (concurrency?.at ?? Number.NEGATIVE_INFINITY);
  if (concurrency !== undefined && age >= 0 && age < keptForMs) return { value: concurrency.value };
  let value: number;
  try {
    const ask = (signal: AbortSignal): Promise<number> => api.unreservedConcurrency(signal);
    value = await controlCall('GetAccountSettings', ask, world, { deadlineMs: askWithinMs, attemptMs: askWithinMs });
  } catch (error) {
    if (!isMegalithError(error) || error.details?.class === 'credentials') throw error;
    // Who may run functions need not be allowed to ask. What was known before is the better guess.
    return { value: concurrency?.value ?? usualConcurrency, isAssumed: true };
  }
  await notes.change(before => ({ ...before, concurrency: { value, at: world.today() } }));
  return { value };
}
