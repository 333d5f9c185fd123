import { openStore } from '@megalith/core';
import type { StoragePlace } from './define-storage-contract.js';

/** Both of s3rver's; moto takes any. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** Stores with prefixes of their own in one bucket, of a server on loopback. */
export async function s3Stores(endpoint: string, pageObjects: number, end: () => Promise<void>): Promise<StoragePlace> {
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: 'megalith-test' }));
  client.destroy();
  let made = 0;
  return {
    pageObjects,
    newStore: async () =>
      openStore({
        name: 'test',
        url: `s3://megalith-test/store/${made++}`,
        endpoint,
        region: 'us-east-1',
        clearance: 'restricted',
      }),
    close: end,
  };
}
