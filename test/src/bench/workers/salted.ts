import { createHash } from 'node:crypto';

/** For the peer's side of shipping: the same function, in a file of its own. */
export function salted(text: string): string {
  return createHash('sha256').update(`salt${text}`).digest('hex');
}
