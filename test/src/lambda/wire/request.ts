import type { IncomingMessage } from 'node:http';
import { invalid, LambdaError } from './lambda-error.js';

/** A request, with the action that its method and path mean. */
export interface LambdaCall {
  readonly action: string;
  /** What the path names: a function, as it was written, or the ARN of a resource. Empty where it names none. */
  readonly resource: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** "Request must be smaller than 69905067 bytes for the CreateFunction operation": 50 MiB of zip as base64. */
const largestBody = 69_905_067;

const routes: readonly (readonly [method: string, path: RegExp, action: string])[] = [
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, 'Invoke'],
  ['POST', /^\/2015-03-31\/functions\/?()$/, 'CreateFunction'],
  ['GET', /^\/2015-03-31\/functions\/?()$/, 'ListFunctions'],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)$/, 'GetFunction'],
  ['DELETE', /^\/2015-03-31\/functions\/([^/]+)$/, 'DeleteFunction'],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, 'GetFunctionConfiguration'],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, 'UpdateFunctionConfiguration'],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/code$/, 'UpdateFunctionCode'],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/versions$/, 'ListVersionsByFunction'],
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/versions$/, 'PublishVersion'],
  ['PUT', /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/, 'PutFunctionConcurrency'],
  ['GET', /^\/2019-09-30\/functions\/([^/]+)\/concurrency$/, 'GetFunctionConcurrency'],
  ['DELETE', /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/, 'DeleteFunctionConcurrency'],
  ['GET', /^\/2017-03-31\/tags\/(.+)$/, 'ListTags'],
  ['POST', /^\/2017-03-31\/tags\/(.+)$/, 'TagResource'],
  ['DELETE', /^\/2017-03-31\/tags\/(.+)$/, 'UntagResource'],
  ['GET', /^\/2016-08-19\/account-settings\/?()$/, 'GetAccountSettings'],
];

/** @throws LambdaError for a request that is none of these */
export async function readRequest(message: IncomingMessage): Promise<LambdaCall> {
  const url = new URL(message.url ?? '/', 'http://lambda');
  const found = routes.flatMap(([method, path, action]) => {
    const matched = method === message.method ? path.exec(url.pathname) : null;
    return matched === null ? [] : [{ action, resource: decodeURIComponent(matched[1] ?? '') }];
  })[0];
  const body = await readBody(message, found?.action ?? 'unknown');
  if (found === undefined) {
    throw new LambdaError('UnknownOperationException', `There is no ${message.method} ${url.pathname}.`, {
      status: 404,
    });
  }
  return { ...found, query: url.searchParams, headers: message.headers, body };
}

/** The body of a call that takes JSON. @throws LambdaError */
export function jsonOf({ body }: LambdaCall): Readonly<Record<string, unknown>> {
  let sent: unknown;
  try {
    sent = JSON.parse(body.length === 0 ? '{}' : body.toString());
  } catch {
    throw new LambdaError('SerializationException', 'The body is no JSON.');
  }
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) throw invalid('The body is no object.');
  return sent as Readonly<Record<string, unknown>>;
}

async function readBody(message: IncomingMessage, action: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read all the same: a client that still sends would take an early answer for a broken connection.
    if (size <= largestBody) chunks.push(chunk);
  }
  if (size > largestBody) {
    const wanted = `Request must be smaller than ${largestBody} bytes for the ${action} operation`;
    throw new LambdaError('RequestEntityTooLargeException', wanted);
  }
  return Buffer.concat(chunks);
}

/** Region and account are told by the signature. @throws LambdaError where there is none, or for another region */
export function checkSignature({ authorization }: IncomingMessage['headers'], region: string): void {
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(authorization ?? '');
  if (scope === null) throw new LambdaError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (scope[2] !== 'lambda' || scope[1] !== region) {
    throw new LambdaError('InvalidSignatureException', `Credential should be scoped to a valid region.`);
  }
}
