import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorBody, type Invocation, largestResponse } from './sandbox.js';

/** What a runtime says. */
export type Said =
  | { readonly type: 'asked' }
  | { readonly type: 'answered'; readonly body: Buffer }
  | { readonly type: 'threw'; readonly body: Buffer }
  | { readonly type: 'too-large'; readonly bytes: number }
  | { readonly type: 'init-failed'; readonly body: Buffer };

const accepted = JSON.stringify({ status: 'OK' });

/** The runtime API of one sandbox: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export class RuntimeApi {
  readonly #server: Server;
  readonly #onSaid: (said: Said) => void;
  #asking: ServerResponse | undefined;
  #current: string | undefined;

  private constructor(onSaid: (said: Said) => void) {
    this.#onSaid = onSaid;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(request.url ?? '', Buffer.concat(chunks), response));
      // A runtime that is killed is told of by its end.
      request.on('error', () => response.destroy());
    });
  }

  static async start(onSaid: (said: Said) => void): Promise<RuntimeApi> {
    const api = new RuntimeApi(onSaid);
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject);
      api.#server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Gives a call to the runtime, which has asked for one. */
  give({ requestId, functionArn, payload, timeoutMs }: Invocation): void {
    if (this.#asking === undefined) throw new Error('the runtime has not asked for a call');
    this.#current = requestId;
    this.#asking.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-000000000000000000000000;Sampled=0`,
    });
    this.#asking.end(payload);
    this.#asking = undefined;
  }

  #answer(path: string, body: Buffer, response: ServerResponse): void {
    const reply = (status: number, text: string | Buffer): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
    };
    const [, step, id] =
      /^\/2018-06-01\/runtime\/(?:(init\/error)|invocation\/(?:next|([^/]+)\/(?:response|error)))$/.exec(path) ?? [];
    if (path.endsWith('/invocation/next')) {
      this.#asking = response;
      this.#onSaid({ type: 'asked' });
    } else if (step !== undefined) {
      reply(202, accepted);
      this.#onSaid({ type: 'init-failed', body });
    } else if (id === undefined) {
      reply(404, errorBody('NotFound', `there is no ${path}`));
    } else if (id !== this.#current) {
      reply(400, errorBody('InvalidRequestID', 'Invalid request ID'));
    } else if (path.endsWith('/error')) {
      reply(202, accepted);
      this.#said({ type: 'threw', body });
    } else if (body.length > largestResponse) {
      reply(
        413,
        errorBody('RequestEntityTooLarge', `Exceeded maximum allowed payload size (${largestResponse} bytes).`),
      );
      this.#said({ type: 'too-large', bytes: body.length });
    } else {
      reply(202, accepted);
      this.#said({ type: 'answered', body });
    }
  }

  #said(said: Said): void {
    this.#current = undefined;
    this.#onSaid(said);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}
