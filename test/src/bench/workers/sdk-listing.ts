// Lists a bucket on loopback by AWS's SDK, and does nothing with what it finds. Prints milliseconds. Argument: objects.
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { pagedBucket } from '../paged-bucket.js';

const objects = Number(process.argv[2]);
const bucket = await pagedBucket(objects);
try {
  const client = new S3Client({ endpoint: bucket.endpoint, region: 'us-east-1', forcePathStyle: true });
  const began = performance.now();
  let listed = 0;
  for await (const page of paginateListObjectsV2({ client }, { Bucket: 'bucket', Prefix: 'in/' })) {
    listed += page.Contents?.length ?? 0;
  }
  const wholeMs = performance.now() - began;
  if (listed !== objects) throw new Error(`${listed} of ${objects} objects were listed`);
  console.log(wholeMs);
  client.destroy();
} finally {
  bucket.close();
}
