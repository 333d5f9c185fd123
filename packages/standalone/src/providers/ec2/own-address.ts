import { MegalithError } from '@megalith/agent';
import { type CidrBlock, parseCidrBlock } from './cidr-block.js';

export interface OwnAddressOptions {
  /** Who tells. @defaultValue AWS's own service, by HTTPS */
  readonly url?: string;
  /** @defaultValue 5,000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** AWS's documentation of security groups names it as the way to learn one's own address. */
const checkIpUrl = 'https://checkip.amazonaws.com';
/** The longest address, and a line break. */
const maxReplyBytes = 64;

/**
 * The block of addresses that may connect: what the config says, or the one address that this client is seen with.
 * @throws MegalithError CONFIG where `admit` is no block; CLOUD_FAILED where nobody tells the address; CANCELLED
 */
export async function admittedBlock(admit: string | undefined, options: OwnAddressOptions = {}): Promise<CidrBlock> {
  if (admit === undefined) return ownAddress(options);
  const block = parseCidrBlock(admit);
  if (block !== undefined) return block;
  throw new MegalithError('CONFIG', `"${admit}" is not a block of addresses`, {
    hint: 'write `admit` in the section `ec2` of the config as "203.0.113.0/24", or leave it out',
    details: { admit },
  });
}

/** The address that this client is seen with, as the block of itself. */
async function ownAddress({ url = checkIpUrl, timeoutMs = 5_000, signal }: OwnAddressOptions): Promise<CidrBlock> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    const text = await shortReply(url, limit);
    const block = text.includes('/') ? undefined : parseCidrBlock(text);
    if (block === undefined) throw new Error(`the answer is not an address: ${JSON.stringify(text)}`);
    return block;
  } catch (error) {
    if (signal?.aborted) {
      throw new MegalithError('CANCELLED', 'the question for the own address was cancelled', { cause: signal.reason });
    }
    const why = deadline.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    throw new MegalithError('CLOUD_FAILED', `${url} does not tell this computer's address: ${why}`, {
      hint: 'set `admit` in the section `ec2` of the config to the addresses that this computer is seen with',
      details: { url },
      cause: error,
    });
  }
}

async function shortReply(url: string, signal: AbortSignal): Promise<string> {
  // A redirect comes from a portal that wants a login, and would tell of another's address.
  const reply = await fetch(url, { signal, redirect: 'error', headers: { accept: 'text/plain' } });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection: nobody makes us read a page of any length.
  for await (const chunk of reply.body ?? []) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > maxReplyBytes) break;
  }
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return Buffer.concat(chunks).subarray(0, maxReplyBytes).toString().trim();
}

/** What `fetch` says itself is always "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : error.message;
}
