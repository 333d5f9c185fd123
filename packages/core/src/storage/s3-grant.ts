import { createHmac } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Label, PutGrant } from '@megalith/agent';
import { metadataOf } from './s3-calls.js';
import { s3Sdk } from './s3-sdk.js';

/** S3's limit of one POST: 5 GiB. */
const largestBytes = 5 * 2 ** 30;

/**
 * A POST policy: whoever has it may put objects under one prefix, with this label and no other, until it expires. Signed here, without a request,
 * as AWS says under "Authenticating Requests: Browser-Based Uploads Using POST" (AWS's own library for it brings a second copy of its client).
 * @param prefix as the bucket has it
 * @param expiresMs up to seven days; it ends sooner with the credentials that sign it
 * @param now epoch milliseconds
 */
export async function s3Grant(
  client: S3Client,
  bucket: string,
  prefix: string,
  expiresMs: number,
  label: Label | undefined,
  now = Date.now(),
): Promise<PutGrant> {
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const scope = [day, await client.config.region(), 's3', 'aws4_request'];
  const signed = {
    ...Object.fromEntries(Object.entries(metadataOf(undefined, label)).map(([name, text]) => [metadata(name), text])),
    success_action_status: '201',
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': [accessKeyId, ...scope].join('/'),
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const expiresAt = now + expiresMs;
  const conditions = [
    { bucket },
    ['starts-with', '$key', prefix],
    ['content-length-range', 0, largestBytes],
    ...Object.entries(signed).map(([name, text]) => ({ [name]: text })),
  ];
  const policy = Buffer.from(JSON.stringify({ expiration: new Date(expiresAt).toISOString(), conditions }));
  const text = policy.toString('base64');
  const fields = { ...signed, policy: text, 'x-amz-signature': policySignature(text, scope, secretAccessKey) };
  return { type: 'form', url: await bucketUrl(client, bucket), fields, prefix, largestBytes, expiresAt };
}

/** @param policy as it is sent, in base64 @param scope day, region, service and the end of the chain */
export function policySignature(policy: string, scope: readonly string[], secretAccessKey: string): string {
  const key = scope.reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secretAccessKey}`);
  return hmac(key, policy).toString('hex');
}

function metadata(name: string): string {
  return `x-amz-meta-${name}`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Where the bucket is, as the library finds it for an object. */
async function bucketUrl(client: S3Client, bucket: string): Promise<string> {
  const [{ GetObjectCommand }, { getSignedUrl }] = await Promise.all([
    s3Sdk(),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const object = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: 'x' })));
  return `${object.origin}${object.pathname.slice(0, -1)}`;
}
