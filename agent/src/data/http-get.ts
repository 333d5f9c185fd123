import type { IncomingMessage } from 'node:http';
import { MegalithError } from '../errors.js';

const mostRedirects = 5;
const redirects: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

export interface GetOptions {
  /** As in errors, which never have the URL. */
  readonly name: string;
  /** Sent to this origin only: they may hold what nobody else is to see. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent wherever a redirect leads. */
  readonly rangeHeaders: Readonly<Record<string, string>>;
  /** Aborted: the request, and the body that is under way, end. */
  readonly signal: AbortSignal;
}

/**
 * Gets what a URL gives, with the body as it came: unlike `fetch`, which unpacks it. Redirects are followed. Connections are kept for the next.
 * @throws MegalithError USAGE for what is no address, STORE_FAILED for a redirect to nowhere; network errors as they are
 */
export async function httpGet(url: string, options: GetOptions): Promise<IncomingMessage> {
  let at = addressOf(url, options.name);
  let { headers } = options;
  for (let redirected = 0; ; redirected++) {
    const response = await getOnce(at, { ...headers, ...options.rangeHeaders }, options.signal);
    if (!redirects.includes(response.statusCode)) return response;
    response.resume();
    const { location } = response.headers;
    if (location === undefined || redirected === mostRedirects) {
      throw new MegalithError('STORE_FAILED', `"${options.name}" can't be read: its server sends to nowhere`, {
        hint: 'see whether its address is right',
      });
    }
    const next = addressOf(location, options.name, at);
    if (at.protocol === 'https:' && next.protocol === 'http:') {
      throw new MegalithError(
        'STORE_FAILED',
        `"${options.name}" can't be read: its server sends to an open connection`,
        {
          hint: 'name an address that is not redirected from https to http',
        },
      );
    }
    if (next.origin !== at.origin) headers = {};
    at = next;
  }
}

/** Without the parser's error, which has the address in it. */
function addressOf(url: string, name: string, base?: URL): URL {
  const at = URL.canParse(url, base?.href) ? new URL(url, base) : undefined;
  if (at?.protocol === 'http:' || at?.protocol === 'https:') return at;
  throw new MegalithError('USAGE', `"${name}" has no http or https address`, {
    hint: 'parts are files or http, https and presigned URLs',
  });
}

async function getOnce(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  // Only when needed: TLS is slow to load, and slots start often.
  const { get } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    get(url, { headers, signal }, resolve).on('error', reject);
  });
}
