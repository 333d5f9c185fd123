import { expect, test } from 'vitest';
import { s3Client, s3Timing } from './s3-client.js';
import { policySignature, s3Grant } from './s3-grant.js';

/** Of AWS's documentation: "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)". */
const example =
  'eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9';

test("a policy is signed as AWS's own example is", () => {
  expect(
    policySignature(
      example,
      ['20151229', 'us-east-1', 's3', 'aws4_request'],
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    ),
  ).toBe('8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e');
});

test('lets others put objects under one prefix, with one label, until it expires: each field that is sent is in the policy', async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKID';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  process.env.AWS_SESSION_TOKEN = 'token';
  const client = await s3Client({ region: 'eu-west-1' }, s3Timing);
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const grant = await s3Grant(client, 'bucket', 'a/jobs/x/', 3600_000, 'confidential', now);
  client.destroy();
  if (grant.type !== 'form') throw new Error(`a form was expected, not ${grant.type}`);
  const { policy, 'x-amz-signature': signature, ...sent } = grant.fields;
  const { expiration, conditions } = JSON.parse(Buffer.from(policy!, 'base64').toString()) as {
    readonly expiration: string;
    readonly conditions: readonly unknown[];
  };
  expect([grant.url, grant.expiresAt, expiration]).toEqual([
    'https://bucket.s3.eu-west-1.amazonaws.com/',
    now + 3600_000,
    '2026-01-02T04:04:05.000Z',
  ]);
  expect(conditions).toEqual([
    { bucket: 'bucket' },
    ['starts-with', '$key', 'a/jobs/x/'],
    ['content-length-range', 0, 5 * 2 ** 30],
    ...Object.entries(sent).map(([name, text]) => ({ [name]: text })),
  ]);
  expect(sent).toMatchObject({ 'x-amz-meta-megalith-label': 'confidential', 'x-amz-security-token': 'token' });
  expect(signature).toMatch(/^[0-9a-f]{64}$/);
  delete process.env.AWS_SESSION_TOKEN;
});
