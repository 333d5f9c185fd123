import { randomBytes } from 'node:crypto';
import { type InstanceMetadata, metadataTree, readTree } from './metadata-tree.js';

export interface MetadataRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface MetadataResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Token {
  readonly instanceId: string;
  readonly endsAtMs: number;
}

const longestTtlSeconds = 21_600;
/** cloud-init asks for versions by their dates. */
const versioned = /^\/(?:latest|20\d\d-\d\d-\d\d)\/(.*)$/;
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';

/** Version 2 of EC2's metadata service: each question needs a token, and a token is good for one instance. */
export class MetadataService {
  readonly #now: () => number;
  readonly #tokens = new Map<string, Token>();

  constructor(now: () => number) {
    this.#now = now;
  }

  answer(instance: InstanceMetadata, { method, path, headers }: MetadataRequest): MetadataResponse {
    if (path === '/latest/api/token') {
      if (method !== 'PUT') return plain(405, 'Method Not Allowed');
      return this.#newToken(instance, String(headers[ttlHeader] ?? ''));
    }
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Method Not Allowed');
    if (!this.#admits(instance, headers['x-aws-ec2-metadata-token'])) return plain(401, 'Unauthorized');
    const [, below] = versioned.exec(path) ?? [];
    const body = below === undefined ? undefined : readTree(metadataTree(instance), below);
    return body === undefined ? plain(404, 'Not Found') : plain(200, body);
  }

  #newToken({ instanceId }: InstanceMetadata, ttl: string): MetadataResponse {
    const seconds = /^\d{1,5}$/.test(ttl) ? Number(ttl) : 0;
    if (seconds < 1 || seconds > longestTtlSeconds) return plain(400, 'Bad Request');
    const token = randomBytes(42).toString('base64');
    this.#tokens.set(token, { instanceId, endsAtMs: this.#now() + seconds * 1_000 });
    return { ...plain(200, token), headers: { 'content-type': 'text/plain', [ttlHeader]: ttl } };
  }

  #admits({ instanceId }: InstanceMetadata, header: string | string[] | undefined): boolean {
    const token = typeof header === 'string' ? this.#tokens.get(header) : undefined;
    return token !== undefined && token.instanceId === instanceId && this.#now() < token.endsAtMs;
  }
}

function plain(status: number, body: string): MetadataResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
