import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Interruption } from '../protocol/machine-messages.js';
import { parseNotice, watchSpotNotice } from './spot-notice.js';

/** A metadata service that wants tokens, as IMDSv2 does. */
class Metadata {
  readonly asked: string[] = [];
  readonly tokens = new Set<string>();
  notice: string | undefined;
  isSilent = false;
  url = '';

  async open(): Promise<this> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = request;
    this.asked.push(`${method} ${url}`);
    if (this.isSilent) return;
    if (method === 'PUT' && url === '/latest/api/token') {
      if (headers['x-aws-ec2-metadata-token-ttl-seconds'] !== '21600') response.statusCode = 400;
      const token = `t${this.asked.length}`;
      this.tokens.add(token);
      response.end(token);
    } else if (!this.tokens.has(String(headers['x-aws-ec2-metadata-token']))) {
      response.writeHead(401).end();
    } else if (this.notice === undefined) response.writeHead(404).end('<html>');
    else response.end(this.notice);
  }
}

function watch(metadataUrl: string): { readonly notices: Interruption[]; readonly lines: string[] } {
  const notices: Interruption[] = [];
  const lines: string[] = [];
  const stop = watchSpotNotice({
    metadataUrl,
    pollMs: 10,
    onNotice: notice => notices.push(notice),
    onLog: line => lines.push(line),
  });
  onTestFinished(stop);
  return { notices, lines };
}

const text = '{"action": "terminate", "time": "2017-09-18T08:22:00Z"}';

test('the notice is told once; one token serves many questions, and a new one is had when it is not known any more', async () => {
  const metadata = await new Metadata().open();
  const { notices, lines } = watch(metadata.url);
  await vi.waitFor(() => expect(metadata.asked.length).toBeGreaterThan(4), 20_000);
  expect(metadata.asked.filter(one => one.startsWith('PUT'))).toHaveLength(1);
  metadata.tokens.clear();
  metadata.notice = text;
  await vi.waitFor(() => expect(notices).toEqual([{ action: 'terminate', at: Date.UTC(2017, 8, 18, 8, 22) }]), 20_000);
  expect(metadata.asked.filter(one => one.startsWith('PUT'))).toHaveLength(2);
  expect(lines).toEqual([]);
});

test('a service that is not there is worth one line, and is asked again', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const { notices, lines } = watch(`http://127.0.0.1:${port}`);
  await vi.waitFor(() => expect(lines).toHaveLength(1), 20_000);
  const back = createServer((_, response) => response.end(text)).listen(port, '127.0.0.1');
  onTestFinished(() => {
    back.closeAllConnections();
    back.close();
  });
  await vi.waitFor(() => expect(notices).toHaveLength(1), 20_000);
  expect(lines).toHaveLength(1);
});

test('a service that is silent does not keep a question for ever', async () => {
  const metadata = await new Metadata().open();
  metadata.isSilent = true;
  const { notices, lines } = watch(metadata.url);
  await vi.waitFor(() => expect(lines).toHaveLength(1), 20_000);
  metadata.isSilent = false;
  metadata.notice = text;
  await vi.waitFor(() => expect(notices).toHaveLength(1), 20_000);
});

test.each(['', '{}', 'null', '{"action":"stop"}', '{"action":"stop","time":"soon"}'])('%j is no notice', broken => {
  expect(() => parseNotice(broken)).toThrow();
});
