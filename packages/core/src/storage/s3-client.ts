import type { S3Client } from '@aws-sdk/client-s3';
import { s3Sdk } from './s3-sdk.js';

export interface S3Address {
  readonly region?: string | undefined;
  /** Of a server that speaks S3 and is not AWS's. */
  readonly endpoint?: string | undefined;
  /** Whether the bucket stands in the path of URLs, and not in the name of the host. @defaultValue true with an endpoint, else false */
  readonly pathStyle?: boolean | undefined;
}

export interface S3Timing {
  readonly connectMs: number;
  /** Without a byte in either direction, milliseconds. */
  readonly idleMs: number;
  /** Of one request that moves no body, with its repetitions. */
  readonly callMs: number;
  /** Of one request with a part of a body, with its repetitions: 16 MiB at 1 Mbit/s and more. */
  readonly partMs: number;
}

export const s3Timing: S3Timing = { connectMs: 5_000, idleMs: 30_000, callMs: 60_000, partMs: 300_000 };

/** Connections of one store at once. */
const maxSockets = 64;
/** Of one request, the first included. */
const maxAttempts = 4;

/** Credentials come from where all of AWS's tools have them: environment, profile, single sign-on, the machine's role. */
export async function s3Client({ region, endpoint, pathStyle }: S3Address, timing: S3Timing): Promise<S3Client> {
  const { S3Client } = await s3Sdk();
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    // Such a server rarely has a name for each bucket, and takes any region.
    ...(endpoint === undefined ? {} : { endpoint, region: region ?? 'us-east-1' }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    // By default the SDK adds CRC32 to every body, as a trailer in chunks of its own: many servers that speak S3 refuse or store that, and a
    // presigned PUT would have the checksum of an empty body in its URL. TLS and the length keep bytes whole on the way.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    retryMode: 'standard',
    maxAttempts,
    requestHandler: {
      connectionTimeout: timing.connectMs,
      socketTimeout: timing.idleMs,
      httpAgent: { maxSockets, keepAlive: true },
      httpsAgent: { maxSockets, keepAlive: true },
    },
  });
}
