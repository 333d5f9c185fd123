import type { ParsedKey, utils } from 'ssh2';
import { fromPkcs8, isPkcs8 } from './pkcs8-key.js';
import type { SshKey } from './ssh-session.js';

/** A key that can sign, or why it can't. */
export type ReadKey =
  | { readonly path: string; readonly key: ParsedKey }
  | { readonly path: string; readonly problem: string; readonly hint: string };

/** Reads the text of a private key: OpenSSH's format, PKCS#1, SEC1, PKCS#8 and PuTTY's version 2. */
export function readPrivateKey({ path, text, passphrase }: SshKey, parse: typeof utils.parseKey): ReadKey {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----/m.test(text) && passphrase === undefined) return locked(path);
  let readable: string | undefined = text.trim();
  if (isPkcs8(readable))
    try {
      readable = fromPkcs8(readable, passphrase);
    } catch (error) {
      return unreadable(path, error instanceof Error ? error.message : String(error), passphrase);
    }
  if (readable === undefined) return unreadable(path, 'not a kind of key that SSH uses', passphrase);
  const parsed = parse(readable, isPkcs8(text) ? undefined : passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error)
    return /no passphrase given/i.test(key.message) ? locked(path) : unreadable(path, key.message, passphrase);
  if (key === undefined || !key.isPrivateKey())
    return { path, problem: `"${path}" is a public key`, hint: `name the private key: the file without ".pub"` };
  return { path, key };
}

function locked(path: string): ReadKey {
  return {
    path,
    problem: `"${path}" is encrypted and no passphrase is given`,
    hint: `load it into an SSH agent: ssh-add ${path}`,
  };
}

function unreadable(path: string, why: string, passphrase: string | undefined): ReadKey {
  return {
    path,
    problem: `"${path}" can't be read as a private key (${why})`,
    hint:
      passphrase === undefined
        ? `write it anew in OpenSSH's format: ssh-keygen -p -f ${path}; a key on a security token needs an SSH agent`
        : 'check the passphrase',
  };
}
