import { isMegalithError, type MegalithError } from '@megalith/core';
import { within } from './eventually.js';

/** The MegalithError with which `work` fails; any other end is an error of the test. */
export async function failureOf(work: PromiseLike<unknown>, deadlineMs = 30_000): Promise<MegalithError> {
  let value: unknown;
  try {
    value = await within(deadlineMs, 'a failure', work);
  } catch (error) {
    if (isMegalithError(error)) return error;
    throw error;
  }
  throw new Error(`a failure was expected, and the work gave ${String(value)}`);
}

/** The same for a call that may fail at once or through what it returns. */
export function failureOfCall(call: () => PromiseLike<unknown>, deadlineMs?: number): Promise<MegalithError> {
  return failureOf((async () => await call())(), deadlineMs);
}
