/**
 * A runtime client for Node: loads the handler that its argument names, asks Lambda's runtime API for calls, and answers them. It does what
 * AWS's own does for handlers that are async or take a callback; it is one file, as it runs in a sandbox.
 */
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object, callback: (error: unknown, answer?: unknown) => void) => unknown;

interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const base = '/2018-06-01/runtime';
let current: string | undefined;

function ask(method: 'GET' | 'POST', path: string, body?: Buffer, errorType?: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      ...(body === undefined ? {} : { 'content-length': body.length }),
      ...(errorType === undefined ? {} : { 'Lambda-Runtime-Function-Error-Type': errorType }),
    };
    const asked = request({ host, port, method, path: base + path, headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

function described(error: unknown): {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: string[];
} {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

async function tell(path: string, error: unknown): Promise<void> {
  const what = described(error);
  process.stderr.write(
    `${new Date().toISOString()}\t${current ?? 'undefined'}\tERROR\tInvoke Error\t${JSON.stringify(what)}\n`,
  );
  await ask('POST', path, Buffer.from(JSON.stringify(what)), what.errorType);
}

/** What is thrown outside of a call's own promise ends the runtime. */
function endBy(name: string, status: number): (error: unknown) => void {
  return error => {
    const { errorMessage } = described(error);
    const told = Object.assign(new Error(errorMessage), { name });
    const path = current === undefined ? '/init/error' : `/invocation/${current}/error`;
    void tell(path, told).finally(() => process.exit(status));
  };
}

async function load(name: string): Promise<Handler> {
  const dot = name.lastIndexOf('.');
  const file = join(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), name.slice(0, dot));
  const found = ['.mjs', '.js', '.cjs'].map(ending => file + ending).find(path => existsSync(path));
  if (found === undefined) {
    throw Object.assign(new Error(`Cannot find module '${name.slice(0, dot)}'`), { name: 'Runtime.ImportModuleError' });
  }
  const handler: unknown = ((await import(pathToFileURL(found).href)) as Record<string, unknown>)[name.slice(dot + 1)];
  if (typeof handler === 'function') return handler as Handler;
  throw Object.assign(new Error(`${name} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
}

function contextOf({ headers }: Got): object {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const { env } = process;
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

function call(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const made = handler(event, context, (error, answer) => (error == null ? resolve(answer) : reject(error)));
    if (typeof (made as Promise<unknown> | undefined)?.then === 'function')
      (made as Promise<unknown>).then(resolve, reject);
  });
}

process.on('uncaughtException', endBy('Runtime.UncaughtException', 129));
process.on('unhandledRejection', endBy('Runtime.UnhandledPromiseRejection', 128));

let handler: Handler;
try {
  handler = await load(process.argv[2] ?? '');
} catch (error) {
  await tell('/init/error', error);
  process.exit(1);
}
for (;;) {
  const next = await ask('GET', '/invocation/next');
  current = String(next.headers['lambda-runtime-aws-request-id']);
  try {
    const answer = await call(handler, JSON.parse(next.body.toString()), contextOf(next));
    await ask('POST', `/invocation/${current}/response`, Buffer.from(JSON.stringify(answer) ?? 'null'));
  } catch (error) {
    await tell(`/invocation/${current}/error`, error);
  }
}
