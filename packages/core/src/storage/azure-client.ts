import type { BlobServiceClient } from '@azure/storage-blob';
import { fieldsOf, MegalithError } from '@megalith/agent';
import type { AzurePlace } from './azure-place.js';

export interface AzureAddress {
  /** Of a server that speaks for Azure, with the account's path: `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly endpoint?: string | undefined;
}

export interface AzureTiming {
  /** Without a byte, milliseconds. */
  readonly idleMs: number;
  /** Of one request that moves no body, with its repetitions, milliseconds. */
  readonly callMs: number;
  /** Of one request with a part of a body, with its repetitions: 16 MiB at 1 Mbit/s and more, milliseconds. */
  readonly partMs: number;
}

export const azureTiming: AzureTiming = { idleMs: 30_000, callMs: 60_000, partMs: 300_000 };

const retryOptions = { maxTries: 4, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 };

/** Azure's library, loaded when it is first used. It need not be installed. @throws MegalithError NOT_CONFIGURED */
export async function azureSdk(): Promise<typeof import('@azure/storage-blob')> {
  return import('@azure/storage-blob').catch((cause: unknown) => {
    if (!isMissingModule(cause)) throw cause;
    throw new MegalithError('NOT_CONFIGURED', 'stores in Azure need the package "@azure/storage-blob"', {
      hint: 'npm install @azure/storage-blob, beside Megalith',
      cause,
    });
  });
}

/**
 * Credentials come from AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, or from whoever is signed in, where `@azure/identity` is installed.
 * @throws MegalithError NO_CREDENTIALS, NOT_CONFIGURED, CONFIG where the connection string is another account's
 */
export async function azureClient({ account }: AzurePlace, { endpoint }: AzureAddress): Promise<BlobServiceClient> {
  const { BlobServiceClient, StorageSharedKeyCredential } = await azureSdk();
  const { AZURE_STORAGE_CONNECTION_STRING: connection, AZURE_STORAGE_KEY: key } = process.env;
  const url = endpoint ?? `https://${account}.blob.core.windows.net`;
  if (connection) {
    const client = unlessBad(() => BlobServiceClient.fromConnectionString(connection, { retryOptions }));
    if (client.accountName === account) return client;
    throw new MegalithError('CONFIG', `AZURE_STORAGE_CONNECTION_STRING is not of the account "${account}"`, {
      hint: 'unset it, and give the key of the account by AZURE_STORAGE_KEY',
    });
  }
  const credential = key
    ? unlessBad(() => new StorageSharedKeyCredential(account, key))
    : await signedIn().catch((cause: unknown) => {
        throw isMissingModule(cause) ? noCredentials(account, cause) : cause;
      });
  return new BlobServiceClient(url, credential, { retryOptions });
}

async function signedIn() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}

/** What Azure's library says of a broken secret may have a part of it. */
function unlessBad<T>(make: () => T): T {
  try {
    return make();
  } catch {
    throw new MegalithError('NO_CREDENTIALS', 'the credentials for Azure in the environment are none', {
      hint: 'copy AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_KEY anew from "Access keys" of the storage account',
    });
  }
}

function noCredentials(account: string, cause: unknown): MegalithError {
  return new MegalithError('NO_CREDENTIALS', `there are no credentials for the storage account "${account}"`, {
    hint: 'set AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING, or npm install @azure/identity and `az login`',
    cause,
  });
}

function isMissingModule(error: unknown): boolean {
  return /^(ERR_)?MODULE_NOT_FOUND$/.test(String(fieldsOf(error).code));
}
