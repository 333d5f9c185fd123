import { MegalithError, type MegalithErrorOptions } from '@megalith/agent';
import type { Layer, SshSession } from '../ssh/ssh-session.js';

/** What a host that cannot be made ready gets: the layer that failed, and why, in the far side's words. */
export function bootstrapFailure(
  session: SshSession,
  layer: Layer,
  reason: string,
  { hint, cause }: Pick<MegalithErrorOptions, 'hint' | 'cause'> = {},
): MegalithError {
  const { name } = session.target;
  return new MegalithError('BOOTSTRAP_FAILED', `"${name}" cannot be made ready: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
    details: { layer, host: name },
  });
}
