import { type OpenStore, openStore, type StoreEntry } from '@megalith/core';
import { azureAccount, azureKey, azuriteIsThere, startAzurite } from '../contracts/storage/start-azurite.js';
import { startS3rver } from '../contracts/storage/start-s3rver.js';

/** A store that holds nothing, and how a config names it. */
export interface DataPlace {
  readonly store: OpenStore;
  readonly settings: StoreEntry;
  close(): Promise<void>;
}

interface DataPlaceKind {
  readonly kind: string;
  isThere(): boolean;
  /** @param folder where it may keep what it holds */
  open(folder: string): Promise<DataPlace>;
}

/** The kinds of stores that tasks can read by themselves. */
export const dataPlaces: readonly DataPlaceKind[] = [
  { kind: 'a folder', isThere: () => true, open: folder => opened({ url: folder, clearance: 'internal' }) },
  {
    kind: 's3rver',
    isThere: () => true,
    open: async () => {
      const { endpoint, close } = await startS3rver();
      const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
      process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
      const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
      await client.send(new CreateBucketCommand({ Bucket: 'megalith-data' }));
      client.destroy();
      return opened({ url: 's3://megalith-data/in', endpoint, region: 'us-east-1', clearance: 'internal' }, close);
    },
  },
  {
    kind: 'Azurite',
    isThere: azuriteIsThere,
    open: async () => {
      const { endpoint, close } = await startAzurite();
      process.env.AZURE_STORAGE_KEY = azureKey;
      return opened({ url: `azure://${azureAccount}/test/data`, endpoint, clearance: 'internal' }, close);
    },
  },
];

async function opened(settings: StoreEntry, end: () => Promise<void> = async () => undefined): Promise<DataPlace> {
  const store = await openStore({ name: 'lab', ...settings });
  const close = async () => {
    store.close();
    await end();
  };
  return { store, settings, close };
}
