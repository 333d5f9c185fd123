import type { SshSession } from '../ssh/ssh-session.js';
import { bootstrapFailure } from './bootstrap-failure.js';
import { hasFields } from './has-fields.js';

/** What an agent says when it serves. */
export interface ServingLine {
  readonly pid: number;
  readonly socket: string;
  readonly hash: string;
}

/**
 * The one line that an agent prints when it serves.
 * @throws MegalithError BOOTSTRAP_FAILED, layer `'exec'`, for anything else
 */
export function readServingLine(session: SshSession, text: string): ServingLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bootstrapFailure(session, 'exec', `its agent said ${JSON.stringify(text)}, which is not JSON`, { cause });
  }
  if (isServingLine(value)) return value;
  throw bootstrapFailure(session, 'exec', `its agent said ${JSON.stringify(text)}`);
}

function isServingLine(value: unknown): value is ServingLine {
  if (!hasFields(value, { pid: 'number', socket: 'string', hash: 'string' })) return false;
  return Number.isSafeInteger(value.pid) && value.socket.startsWith('/');
}
