import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningS3, startS3rver } from '../../contracts/storage/start-s3rver.js';
import type { LambdaEmulator, LambdaOptions } from '../../lambda/lambda-emulator.js';
import { startLambda } from '../../lambda/start-lambda.js';

export interface LambdaHere {
  readonly lambda: LambdaEmulator;
  /** Megalith's home, with a config for it. */
  readonly home: string;
  close(): Promise<void>;
}

export interface LambdaHereOptions extends LambdaOptions {
  /** What the section `lambda` says beside where it is. */
  readonly section?: object;
  /** With a store for what is too large for a call. @defaultValue false */
  readonly withStore?: boolean;
}

const bucket = 'megalith-test';
/** Of s3rver; the emulator of Lambda takes any. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** A region of Lambda on loopback, and a home whose config names it. */
export async function lambdaHere(options: LambdaHereOptions = {}): Promise<LambdaHere> {
  const { section, withStore = false, ...emulated } = options;
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  const home = mkdtempSync(join(tmpdir(), 'megalith-lambda-'));
  mkdirSync(home, { recursive: true });
  const [lambda, s3] = await Promise.all([startLambda(emulated), withStore ? startBucket() : undefined]);
  const { endpoint, region, role } = lambda;
  const stores =
    s3 === undefined ? {} : { stores: { spill: { url: `s3://${bucket}/jobs`, endpoint: s3.endpoint, region } } };
  const functions = {
    region,
    endpoint,
    role,
    arch: 'x64',
    ...(s3 === undefined ? {} : { store: 'spill' }),
    ...section,
  };
  // JSON is YAML.
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ lambda: functions, ...stores }));
  return {
    lambda,
    home,
    async close() {
      await Promise.all([lambda.close(), s3?.close()]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function startBucket(): Promise<RunningS3> {
  const s3 = await startS3rver();
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return s3;
}
