import { createHash } from 'node:crypto';
import { newId } from '../state/ids.js';
import type { KeyPair } from '../state/resources.js';
import { readTagSpecifications, tagSet } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { flag, required, text, texts } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import type { Action } from './call.js';
import { filtered } from './filters.js';

export const importKeyPair: Action = ({ account, params, faults }) => {
  const name = required(params, 'KeyName');
  if (account.keyPairs.has(name))
    throw new ApiError('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`);
  const publicKey = Buffer.from(required(params, 'PublicKeyMaterial'), 'base64').toString('utf8').trim();
  const tags = readTagSpecifications(params, ['key-pair']).get('key-pair') ?? new Map();
  const key: KeyPair = {
    id: newId('key'),
    name,
    ...readPublicKey(publicKey),
    publicKey,
    createdAt: account.now(),
    tags: faults.take('tags-lost') === undefined ? tags : new Map(),
  };
  account.keyPairs.set(name, key);
  return keyXml(key);
};

export const describeKeyPairs: Action = call => {
  const { account, params } = call;
  const names = texts(params, 'KeyName');
  const ids = texts(params, 'KeyPairId');
  const all = [...account.keyPairs.values()];
  const missing = names.find(name => !account.keyPairs.has(name)) ?? ids.find(id => !all.some(key => key.id === id));
  if (missing !== undefined) throw new ApiError('InvalidKeyPair.NotFound', `The key pair '${missing}' does not exist`);
  const named = all.filter(
    ({ id, name }) => names.length + ids.length === 0 || names.includes(name) || ids.includes(id),
  );
  const fitting = filtered(
    call,
    named,
    { 'key-name': ({ name }) => name, 'key-pair-id': ({ id }) => id, fingerprint: ({ fingerprint }) => fingerprint },
    ({ tags }) => tags,
  );
  const withKey = flag(params, 'IncludePublicKey') === true;
  return {
    keySet: fitting.map(key => ({
      ...keyXml(key),
      keyType: key.type,
      createTime: new Date(key.createdAt),
      publicKey: withKey ? key.publicKey : undefined,
    })),
  };
};

/** A key pair that is not there is deleted, too: AWS says so. */
export const deleteKeyPair: Action = ({ account, params }) => {
  const name = text(params, 'KeyName');
  const id = text(params, 'KeyPairId');
  if (name === undefined && id === undefined)
    throw new ApiError('MissingParameter', 'The request must contain the parameter KeyName or KeyPairId');
  const key = [...account.keyPairs.values()].find(key => key.name === name || key.id === id);
  if (key !== undefined) account.keyPairs.delete(key.name);
  return { return: true, keyPairId: key?.id };
};

/** Ed25519 by SHA-256 as OpenSSH does, RSA by MD5. AWS digests the DER form of RSA keys; here it is the OpenSSH form. */
function readPublicKey(line: string): Pick<KeyPair, 'type' | 'fingerprint'> {
  const [kind, body = ''] = line.split(/\s+/);
  const blob = Buffer.from(body, 'base64');
  const isWhole = blob.length > 8 && blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() === kind;
  if (isWhole && kind === 'ssh-ed25519')
    return { type: 'ed25519', fingerprint: createHash('sha256').update(blob).digest('base64') };
  if (isWhole && kind === 'ssh-rsa')
    return {
      type: 'rsa',
      fingerprint: createHash('md5')
        .update(blob)
        .digest('hex')
        .replace(/..(?!$)/g, '$&:'),
    };
  throw new ApiError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
}

function keyXml({ id, name, fingerprint, tags }: KeyPair): XmlTree {
  return { keyName: name, keyFingerprint: fingerprint, keyPairId: id, tagSet: tagSet(tags) };
}
