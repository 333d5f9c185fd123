import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { MegalithError } from '@megalith/agent';
import { fingerprintOf } from '../../ssh/host-key.js';
import { opensshEd25519, wireEd25519 } from '../../ssh/openssh-private-key.js';
import { loadSsh2 } from '../../ssh/ssh2-library.js';
import type { Ec2Settings } from './ec2-settings.js';

export type KeyType = Ec2Settings['keyType'];

/** The public half of a key that logs in to machines, as EC2 wants and shows it. */
export interface LoginKey {
  readonly type: KeyType;
  /** One line as in `authorized_keys`, without a comment. */
  readonly publicLine: string;
  /** 16 hex digits of the public key's SHA-256. */
  readonly digest: string;
  /** What EC2 shows once it is imported: SHA-256 in base64 for Ed25519, MD5 of the SPKI for RSA. Source: the user guide, "Verify the fingerprint of your key pair". */
  readonly ec2Fingerprint: string;
}

/** The longest that ImportKeyPair takes; it takes 1024 and 2048, too, and nothing between. */
const rsaBits = 4096;

/** Makes a private key: OpenSSH's format for Ed25519, PKCS#1 for RSA, which `ssh` and `ssh2` both read. It ends with a line break. */
export async function newPrivateKey(type: KeyType): Promise<string> {
  // Ed25519 by Node: `node-forge` has no SSH format for it, and some of those that `ssh2` generates are malformed.
  if (type === 'ed25519') return `${opensshEd25519(generateKeyPairSync('ed25519').privateKey)}\n`;
  const { default: forge } = await import('node-forge');
  const pair = await new Promise<import('node-forge').pki.rsa.KeyPair>((resolve, reject) => {
    forge.pki.rsa.generateKeyPair({ bits: rsaBits, e: 0x10001 }, (error: Error | null, made) =>
      error ? reject(error) : resolve(made),
    );
  });
  return `${forge.pki.privateKeyToPem(pair.privateKey).replaceAll('\r\n', '\n').trimEnd()}\n`;
}

/**
 * Reads the text of a key that `newPrivateKey` made.
 * @param path for errors
 * @throws MegalithError CONFIG where it is not such a key
 */
export async function readLoginKey(text: string, path: string): Promise<LoginKey> {
  return /^-----BEGIN RSA PRIVATE KEY-----/.test(text) ? readRsa(text, path) : readEd25519(text, path);
}

async function readEd25519(text: string, path: string): Promise<LoginKey> {
  const { utils } = await loadSsh2();
  const parsed = utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error || key.type !== 'ssh-ed25519' || !key.isPrivateKey()) {
    throw damaged(path, key instanceof Error ? key : undefined);
  }
  // Node writes a public key anew, so that what is imported is well-formed whatever stood in the file.
  const wire = wireEd25519(createPublicKey(key.getPublicPEM()));
  return {
    type: 'ed25519',
    publicLine: `ssh-ed25519 ${wire.toString('base64')}`,
    digest: digestOf(wire),
    ec2Fingerprint: fingerprintOf(wire).replace('SHA256:', ''),
  };
}

async function readRsa(text: string, path: string): Promise<LoginKey> {
  const { default: forge } = await import('node-forge');
  try {
    const key = forge.pki.privateKeyFromPem(text);
    const publicKey = forge.pki.rsa.setPublicKey(key.n, key.e);
    const publicLine = forge.ssh.publicKeyToOpenSSH(publicKey, '').trim();
    const spki = forge.asn1.toDer(forge.pki.publicKeyToAsn1(publicKey)).getBytes();
    // By forge: in FIPS mode, where RSA keys are wanted, Node has no MD5.
    const md5 = forge.md.md5.create().update(spki).digest().toHex();
    return {
      type: 'rsa',
      publicLine,
      digest: digestOf(Buffer.from(publicLine.split(' ')[1]!, 'base64')),
      ec2Fingerprint: md5.match(/../g)!.join(':'),
    };
  } catch (error) {
    throw damaged(path, error);
  }
}

function digestOf(wire: Buffer): string {
  return createHash('sha256').update(wire).digest('hex').slice(0, 16);
}

function damaged(path: string, cause: unknown): MegalithError {
  return new MegalithError('CONFIG', `"${path}" is not a private key that Megalith has made`, {
    hint: 'move it away: a new one is made, and machines that are up with the old one can be reached with that only',
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
