import { type Label, MegalithError, type PutGrant } from '@megalith/agent';
import { type AzureCalls, metadataOf } from './azure-calls.js';
import { azureSdk } from './azure-client.js';

/** What a signature by the key of somebody who is signed in may last: seven days. */
const longestMs = 7 * 24 * 3600_000;
/** Azure's limit of one PUT. */
const largestPutBytes = 5000 * 2 ** 20;

interface Signing {
  /** Of one object; without it, of the container. */
  readonly name?: string;
  readonly permissions: 'r' | 'c';
  readonly expiresMs: number;
  readonly what: string;
}

/** @throws MegalithError USAGE for a time under a second, or over seven days */
export function requireExpiry(expiresMs: number): void {
  if (expiresMs >= 1000 && expiresMs <= longestMs) return;
  throw new MegalithError('USAGE', `no URL can expire after ${expiresMs} ms`, { hint: 'give 1 s to 7 d' });
}

export async function signedReadUrl(calls: AzureCalls, key: string, expiresMs: number): Promise<string> {
  const name = calls.nameOf(key);
  const what = `to sign a URL for "${key}"`;
  const query = await signature(calls, { name, permissions: 'r', expiresMs, what });
  return `${(await calls.container()).getBlobClient(name).url.replace(/\?.*$/, '')}?${query}`;
}

export async function signedPrefix(
  calls: AzureCalls,
  prefix: string,
  expiresMs: number,
  label: Label | undefined,
): Promise<PutGrant> {
  const what = `to sign a grant for "${prefix}"`;
  // Azure ends it by whole seconds.
  const expiresAt = Math.floor((Date.now() + expiresMs) / 1000) * 1000;
  const query = await signature(calls, { permissions: 'c', expiresMs, what });
  const folder = (await calls.container()).getBlobClient(calls.nameOf(`${prefix}x`)).url;
  const metadata = Object.entries(metadataOf(undefined, label)).map(([name, value]) => [`x-ms-meta-${name}`, value]);
  return {
    type: 'put',
    url: folder.replace(/\?.*$/, '').slice(0, -'/x'.length),
    query,
    headers: { 'x-ms-blob-type': 'BlockBlob', ...Object.fromEntries(metadata) },
    largestBytes: largestPutBytes,
    expiresAt,
  };
}

/** Signs with the account's key; without it, with one that Azure makes for who is signed in. */
async function signature(calls: AzureCalls, signing: Signing): Promise<string> {
  const sdk = await azureSdk();
  const service = await calls.service();
  const { account, container: containerName } = calls.place;
  const { name, permissions, what } = signing;
  const expiresOn = new Date(Date.now() + signing.expiresMs);
  const scope = {
    containerName,
    expiresOn,
    ...(name === undefined
      ? { permissions: sdk.ContainerSASPermissions.parse(permissions) }
      : { blobName: name, permissions: sdk.BlobSASPermissions.parse(permissions) }),
  };
  const { credential } = service;
  if (credential instanceof sdk.StorageSharedKeyCredential) {
    return sdk.generateBlobSASQueryParameters(scope, credential).toString();
  }
  if (credential instanceof sdk.AnonymousCredential) throw cannotSign(account, what);
  const key = await calls.call(what, undefined, (_, abortSignal) =>
    service.getUserDelegationKey(new Date(), expiresOn, { abortSignal }),
  );
  return sdk.generateBlobSASQueryParameters(scope, key, account).toString();
}

function cannotSign(account: string, what: string): MegalithError {
  return new MegalithError('NO_CREDENTIALS', `the credentials for "${account}" can't be used ${what}`, {
    hint: 'a signature signs no other: give the key of the account by AZURE_STORAGE_KEY',
  });
}
