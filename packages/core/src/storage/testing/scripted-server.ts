import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers the n-th request, from 0. */
export type Answer = (response: ServerResponse, asked: Asked, n: number) => void;

/** A server that says what a test wants, and keeps what it was asked. */
export async function scriptedServer(answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = await bodyOf(request);
    if (body === undefined) return;
    const one = { method, url, headers, body };
    answer(response, one, asked.push(one) - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { asked, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Undefined of a request that its client gave up. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}

export function xml(response: ServerResponse, status: number, root: string, inner: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><${root}>${inner}</${root}>`);
}

export function refusal(response: ServerResponse, status: number, code: string): void {
  xml(response, status, 'Error', `<Code>${code}</Code><Message>because of ${code}</Message>`);
}
