import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MegalithError, unlessMissing } from '@megalith/agent';
import { createDurably, makeFolderDurably } from '../../pool/durable-file.js';
import { detailsOf } from './cloud-error.js';
import { companionName, companionTags } from './companion-tags.js';
import type { Ec2Api } from './ec2-client.js';
import type { Ec2Settings } from './ec2-settings.js';
import { type LoginKey, newPrivateKey, readLoginKey } from './login-key.js';
import { type UntilThereOptions, untilThere } from './until-there.js';

/** What logs in to the machines of one owner in one region, from this client. */
export interface PoolKeyPair {
  /** As EC2 knows it: `KeyName` of a launch. */
  readonly name: string;
  /** The file of the private half. */
  readonly path: string;
  readonly key: LoginKey;
}

export type KeyPairApi = Pick<Ec2Api, 'keyPairs' | 'importKeyPair'>;

export interface KeyPairOptions {
  readonly signal?: AbortSignal;
  /** How to wait until EC2 shows what another process has imported. */
  readonly wait?: Omit<UntilThereOptions, 'signal'>;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/**
 * The key pair of a pool: the private half in a file of this client, the public half in EC2. Either is made where it is missing. Processes that do so at
 * once end up with the same one. Its name tells the key, so that two clients of one owner have two.
 * @param home Megalith's folder
 * @throws MegalithError CONFIG where the file is damaged; CLOUD_FAILED where EC2 has another key under that name; those of the calls
 */
export async function ensureKeyPair(
  api: KeyPairApi,
  home: string,
  settings: Pick<Ec2Settings, 'owner' | 'region' | 'keyType'>,
  options: KeyPairOptions = {},
): Promise<PoolKeyPair> {
  const path = keyPath(home, settings);
  const key = await readLoginKey(await ensureFile(path, () => newPrivateKey(settings.keyType)), path);
  const name = companionName(settings.owner, `${key.type}-${key.digest}`);
  await ensureImported(api, name, key, settings.owner, options);
  return { name, path, key };
}

/** The private key file of a pool. */
export function keyPath(home: string, settings: Pick<Ec2Settings, 'owner' | 'region' | 'keyType'>): string {
  const digest = createHash('sha256').update(settings.owner).digest('hex').slice(0, 12);
  return join(home, 'cloud', 'keys', encodeURIComponent(`ec2-${settings.region}-${settings.keyType}-${digest}`));
}

async function ensureImported(
  api: KeyPairApi,
  name: string,
  key: LoginKey,
  owner: string,
  { signal, wait, now = Date.now }: KeyPairOptions,
): Promise<void> {
  const call = { ...(signal !== undefined && { signal }) };
  const look = async () => (await api.keyPairs([{ Name: 'key-name', Values: [name] }], call))[0];
  let found = await look();
  if (found === undefined) {
    try {
      return await api.importKeyPair(
        {
          KeyName: name,
          PublicKeyMaterial: Buffer.from(key.publicLine),
          TagSpecifications: [{ ResourceType: 'key-pair', Tags: companionTags(owner, now()) }],
        },
        call,
      );
    } catch (error) {
      if (detailsOf(error)?.awsCode !== 'InvalidKeyPair.Duplicate') throw error;
      // Another process of this client was first, or our own request whose answer was lost.
      found = await untilThere(look, { ...wait, ...call });
      if (found === undefined) throw error;
    }
  }
  if (isSameFingerprint(found.KeyFingerprint ?? '', key.ec2Fingerprint)) return;
  throw new MegalithError('CLOUD_FAILED', `EC2 has another key under the name "${name}"`, {
    hint: `that is not Megalith's doing: see who made it, then remove it with \`aws ec2 delete-key-pair --key-name ${name}\``,
    details: { name, expected: key.ec2Fingerprint, found: found.KeyFingerprint ?? '' },
  });
}

/** EC2 pads its base64, which others do not; it may say the digest's name. */
function isSameFingerprint(shown: string, own: string): boolean {
  const bare = (text: string): string => text.replace(/^SHA256:/, '').replace(/=+$/, '');
  return bare(shown) === bare(own);
}

/** The text of a file that appears whole, once, whoever makes it: the first one stays. Nobody but the owner reads it. */
async function ensureFile(path: string, make: () => Promise<string>): Promise<string> {
  const known = await textOf(path);
  if (known !== undefined) return known;
  const text = await make();
  await makeFolderDurably(dirname(path));
  try {
    await createDurably(path, text);
    return text;
  } catch (error) {
    // To replace it would take the key away from machines that another process is launching with it.
    const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await textOf(path) : undefined;
    if (winner === undefined) throw error;
    return winner;
  }
}

function textOf(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'));
}
