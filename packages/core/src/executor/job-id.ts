import { randomBytes } from 'node:crypto';

/** Without vowels, so that no words appear, and without characters that look alike. */
const alphabet = '23456789bcdfghjkmnpqrstvwxz';

/** A new job's id: 12 random characters (57 bits), which a person can type the first few of. */
export function newJobId(): string {
  let id = '';
  while (id.length < 12) {
    for (const byte of randomBytes(16)) {
      // Bytes beyond the last whole multiple are left out, so that all characters are equally likely.
      if (byte < 243 && id.length < 12) id += alphabet[byte % alphabet.length];
    }
  }
  return id;
}
