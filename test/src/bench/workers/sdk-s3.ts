// Reads an object of S3 by AWS's SDK alone, 16 ranges of 8 MiB at once. Prints the milliseconds.
// Arguments: the endpoint; the URL of the object; its bytes.
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';

const [endpoint = '', url = '', bytes = ''] = process.argv.slice(2);
const { host: Bucket, pathname } = new URL(url);
const object = { Bucket, Key: pathname.slice(1) };
const partBytes = 8 * 2 ** 20;
const total = Number(bytes);
const client = new S3Client({ endpoint, forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' });
await client.send(new HeadObjectCommand(object));

const began = performance.now();
let next = 0;
let read = 0;
const worker = async (): Promise<void> => {
  while (next < total) {
    const start = next;
    next += partBytes;
    const Range = `bytes=${start}-${Math.min(next, total) - 1}`;
    const { Body } = await client.send(new GetObjectCommand({ ...object, Range }));
    for await (const chunk of Body as AsyncIterable<Uint8Array>) read += chunk.length;
  }
};
await Promise.all(Array.from({ length: 16 }, worker));
if (read !== total) throw new Error(`${read} bytes were read of ${bytes}`);
console.log(performance.now() - began);
client.destroy();
