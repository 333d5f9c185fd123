import { z } from 'zod';
import type { SshSession } from '../ssh/ssh-session.js';
import { bootstrapFailure } from './bootstrap-failure.js';

const servingLine = z.object({ pid: z.number().int(), socket: z.string().startsWith('/'), hash: z.string() });

/**
 * The one line that an agent prints when it serves.
 * @throws MegalithError BOOTSTRAP_FAILED, layer `'exec'`, for anything else
 */
export function readServingLine(session: SshSession, text: string): z.infer<typeof servingLine> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bootstrapFailure(session, 'exec', `its agent said ${JSON.stringify(text)}, which is not JSON`, { cause });
  }
  const line = servingLine.safeParse(value);
  if (line.success) return line.data;
  throw bootstrapFailure(session, 'exec', `its agent said ${JSON.stringify(text)}`, { cause: line.error });
}
