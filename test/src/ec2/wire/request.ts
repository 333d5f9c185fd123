import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.js';
import { type Params, parseForm, text } from './params.js';

/** What a client sent, whatever it speaks. */
export interface ApiRequest {
  /** As Authorization names it: `ec2`, `ssm`, `servicequotas`, `pricing`, `sts`; empty where nothing is signed. */
  readonly service: string;
  readonly action: string;
  readonly params: Params;
  /** X-Amz-Target and the body, of services that speak JSON. */
  readonly json?: { readonly target: string; readonly body: Readonly<Record<string, unknown>> };
}

const largestBody = 4 * 2 ** 20;

export async function readRequest(message: IncomingMessage): Promise<ApiRequest> {
  const body = await readBody(message);
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(message.headers.authorization ?? '')?.[1] ?? '';
  const target = message.headers['x-amz-target'];
  if (typeof target !== 'string') {
    const params = parseForm(body);
    return { service, action: text(params, 'Action') ?? '', params };
  }
  const sent: unknown = JSON.parse(body === '' ? '{}' : body);
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
    throw new ApiError('SerializationException', 'The body is no object.');
  const json = { target, body: sent as Readonly<Record<string, unknown>> };
  return { service, action: target.slice(target.indexOf('.') + 1), params: asParams(sent), json };
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new ApiError('RequestEntityTooLarge', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** JSON as the query protocol would say it, so that faults and tests look at all requests alike. */
function asParams(value: object): Params {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [`${index + 1}`, item])
    : Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, typeof item === 'object' && item !== null ? asParams(item) : String(item)]),
  );
}
