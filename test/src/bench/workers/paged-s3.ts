// A bucket of small objects that are not there: answers ListObjectsV2 by pages of 1,000, as S3 does. Tells its parent its port, and ends with it.
// Argument: how many objects.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const count = Number(process.argv[2]);
const pageObjects = 1000;

const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://s3').searchParams;
  if (query.get('list-type') !== '2') return void response.writeHead(501).end();
  const from = Number(query.get('continuation-token') ?? 0);
  response.writeHead(200, { 'content-type': 'application/xml' }).end(page(query.get('prefix') ?? '', from));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());

function page(prefix: string, from: number): string {
  const to = Math.min(count, from + pageObjects);
  const objects: string[] = [];
  for (let i = from; i < to; i++) {
    const etag = i.toString(16).padStart(32, '0');
    objects.push(
      `<Contents><Key>${prefix}part-${String(i).padStart(9, '0')}.csv.gz</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>` +
        `<ETag>&quot;${etag}&quot;</ETag><Size>${i % 4096}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
  }
  const next = to < count ? `<NextContinuationToken>${to}</NextContinuationToken>` : '';
  return (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>' +
    `<Prefix>${prefix}</Prefix><KeyCount>${to - from}</KeyCount><MaxKeys>${pageObjects}</MaxKeys>` +
    `<IsTruncated>${to < count}</IsTruncated>${next}${objects.join('')}</ListBucketResult>`
  );
}
