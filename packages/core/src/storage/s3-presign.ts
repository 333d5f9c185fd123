import type { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Calls } from './s3-calls.js';
import { QuerySignature, type SigningKeys } from './s3-query-signature.js';
import { s3Sdk } from './s3-sdk.js';

interface Identity extends SigningKeys {
  readonly expiration?: Date | undefined;
}

/** So long credentials are used without asking the SDK, which has others five minutes before they expire, milliseconds. */
const credentialsMs = 60_000;
/** Of the URL that is signed both ways. */
const trialKey = 'key';
const trialS = 3600;

/** URLs for reading objects of one bucket, many a second. */
export class S3Presigner {
  readonly #calls: S3Calls;
  readonly #now: () => number;
  #signature: Promise<QuerySignature | undefined> | undefined;
  #identity: { readonly keys: Identity; readonly askedMs: number } | undefined;

  /** @param now epoch milliseconds */
  constructor(calls: S3Calls, now: () => number = Date.now) {
    this.#calls = calls;
    this.#now = now;
  }

  /**
   * It ends with the credentials where they expire before.
   * @param key with what the store puts before it
   * @throws MegalithError NO_CREDENTIALS, STORE_FAILED
   */
  async url(key: string, expiresMs: number, what: string): Promise<string> {
    this.#signature ??= this.#calls.call(what, undefined, client => this.#tried(client));
    const signature = await this.#signature.catch((error: unknown) => {
      this.#signature = undefined;
      throw error;
    });
    const keys = await this.#keys(what);
    const now = this.#now();
    const lastsMs = Math.min(expiresMs, (keys.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - now);
    const expiresS = Math.max(1, Math.floor(lastsMs / 1000));
    if (signature !== undefined) return signature.url(key, expiresS, keys, now);
    return this.#calls.call(what, undefined, async client => sdkUrl(client, await this.#command(key), expiresS, now));
  }

  /**
   * Where objects of the bucket are is the SDK's to know: it signs one URL, and if ours is the same, ours are taken from there on. Undefined where it
   * is not, as for directory buckets, which have a signature of their own.
   */
  async #tried(client: S3Client): Promise<QuerySignature | undefined> {
    const now = this.#now();
    const keys = await client.config.credentials();
    const theirs = await sdkUrl(client, await this.#command(trialKey), trialS, now);
    const url = new URL(theirs);
    const region = url.searchParams.get('X-Amz-Credential')?.split('/').at(-3);
    if (region === undefined) return undefined;
    const others = [...url.searchParams].filter(([name]) => !name.startsWith('X-Amz-'));
    const base = url.origin + url.pathname.slice(0, -trialKey.length);
    const signature = new QuerySignature({ base, region, others });
    return signature.url(trialKey, trialS, keys, now) === theirs ? signature : undefined;
  }

  async #keys(what: string): Promise<Identity> {
    const now = this.#now();
    if (this.#identity === undefined || now - this.#identity.askedMs >= credentialsMs) {
      const keys = await this.#calls.call(what, undefined, client => client.config.credentials());
      this.#identity = { keys, askedMs: now };
    }
    return this.#identity.keys;
  }

  async #command(key: string): Promise<GetObjectCommand> {
    const { GetObjectCommand } = await s3Sdk();
    return new GetObjectCommand({ Bucket: this.#calls.place.bucket, Key: key });
  }
}

async function sdkUrl(client: S3Client, command: GetObjectCommand, expiresIn: number, atMs: number): Promise<string> {
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  return getSignedUrl(client, command, { expiresIn, signingDate: new Date(atMs) });
}
