import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { S3Calls } from './s3-calls.js';
import { type S3Address, s3Timing } from './s3-client.js';
import { s3Place } from './s3-place.js';
import { S3Presigner } from './s3-presign.js';
import { QuerySignature } from './s3-query-signature.js';

const day = 24 * 3600_000;
const keyed = { accessKeyId: 'AKID', secretAccessKey: 'secret' };

/** Calls with a client that has these credentials, and asks nobody for them. */
class CallsAs extends S3Calls {
  readonly #client: S3Client;
  constructor(url: string, address: S3Address, credentials: () => Promise<typeof keyed & { expiration?: Date }>) {
    super(s3Place(url), address, s3Timing);
    const { endpoint, region = 'us-east-1' } = address;
    const checks = {
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    } as const;
    const where = endpoint === undefined ? {} : { endpoint, forcePathStyle: true };
    this.#client = new S3Client({ region, ...where, ...checks, credentials });
  }
  override async client(): Promise<S3Client> {
    return this.#client;
  }
}

async function theirs(calls: S3Calls, key: string, expiresIn: number, atMs: number): Promise<string> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  const command = new GetObjectCommand({ Bucket: calls.place.bucket, Key: key });
  return getSignedUrl(await calls.client(), command, { expiresIn, signingDate: new Date(atMs) });
}

const name = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(..."aZ09 -_.~!'()*+%#?&=:@,;$[]é€😀\\"), minLength: 1, maxLength: 12 }),
  )
  .map(text => text.replaceAll('/', 'x'))
  .filter(text => text !== '.' && text !== '..');
const keys = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => names.join('/'));

test.each([
  ['s3://bucket', { region: 'eu-central-1' }, 'https://bucket.s3.eu-central-1.amazonaws.com/'],
  ['s3://with.dots', { region: 'us-west-2' }, 'https://s3.us-west-2.amazonaws.com/with.dots/'],
  ['s3://bucket', { region: 'cn-north-1' }, 'https://bucket.s3.cn-north-1.amazonaws.com.cn/'],
  ['s3://bucket', { endpoint: 'http://127.0.0.1:9000/x', region: 'auto' }, 'http://127.0.0.1:9000/x/bucket/'],
])('URLs of %s are those of the SDK to the letter, whatever the key (%o)', async (url, address, base) => {
  const cases = fc.record({
    key: keys,
    expiresS: fc.integer({ min: 1, max: 604_800 }),
    atMs: fc.integer({ min: 1.6e12, max: 1.9e12 }),
    sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
  });
  const signature = new QuerySignature({ base, region: address.region, others: [['x-id', 'GetObject']] });
  await fc.assert(
    fc.asyncProperty(cases, async ({ key, expiresS, atMs, sessionToken }) => {
      const identity = { ...keyed, ...(sessionToken === undefined ? {} : { sessionToken }) };
      const calls = new CallsAs(url, address, async () => identity);
      expect(signature.url(key, expiresS, identity, atMs)).toBe(await theirs(calls, key, expiresS, atMs));
    }),
    { numRuns: 100 },
  );
});

test('a presigner lets the SDK sign but once', async () => {
  const calls = new CallsAs('s3://bucket', {}, async () => keyed);
  let signed = 0;
  (await calls.client()).middlewareStack.add(
    next => args => {
      signed += 1;
      return next(args);
    },
    { step: 'build' },
  );
  const presigner = new S3Presigner(calls, () => 1.7e12);
  const urls = await Promise.all(['a', 'b/é', 'c'].map(key => presigner.url(key, 60_000, 'to sign')));
  expect(signed).toBe(1);
  expect(urls).toEqual(await Promise.all(['a', 'b/é', 'c'].map(key => theirs(calls, key, 60, 1.7e12))));
});

test('many URLs of one presigner change with the day and with the credentials', async () => {
  let secretAccessKey = 'one';
  let now = Date.UTC(2026, 0, 1);
  const calls = new CallsAs('s3://bucket', { region: 'eu-west-1' }, async () => ({
    ...keyed,
    secretAccessKey,
    expiration: new Date(Date.now() + 1000),
  }));
  const presigner = new S3Presigner(calls, () => now);
  for (const step of [0, 1000, day, 30_000, 61_000, day]) {
    now += step;
    const ours = await presigner.url('a', 1000, 'to sign');
    expect(ours).toBe(await theirs(calls, 'a', 1, now));
    if (step === 30_000) secretAccessKey = 'two';
  }
});

test('a URL ends with the credentials that signed it', async () => {
  const now = Date.now();
  const calls = new CallsAs('s3://bucket', {}, async () => ({ ...keyed, expiration: new Date(now + 3600_000) }));
  const presigner = new S3Presigner(calls, () => now);
  const lasts = async (ms: number) =>
    new URL(await presigner.url('a', ms, 'to sign')).searchParams.get('X-Amz-Expires');
  expect(await lasts(7 * day)).toBe('3600');
  expect(await lasts(60_000)).toBe('60');
});

test('where the SDK signs in another way, it signs', async () => {
  const calls = new CallsAs('s3://bucket', {}, async () => keyed);
  const client = await calls.client();
  client.middlewareStack.add(
    next => args => {
      const { request } = args as unknown as { request: { query: Record<string, string> } };
      request.query['X-Amz-S3session-Token'] = 'session';
      return next(args);
    },
    { step: 'build' },
  );
  const url = await new S3Presigner(calls, () => 1.7e12).url('a', 60_000, 'to sign');
  expect(url).toBe(await theirs(calls, 'a', 60, 1.7e12));
  expect(url).toContain('session');
});
