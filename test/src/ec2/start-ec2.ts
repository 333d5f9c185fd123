import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './answer.js';
import { billOf } from './billing.js';
import type { Ec2Options, Ec2Simulator, LoggedRequest } from './ec2-simulator.js';
import { Faults, type RequestFaults } from './faults.js';
import { interrupt } from './interrupt.js';
import { noHosts } from './no-hosts.js';
import { leftoversOf, snapshotOf } from './snapshot.js';
import { Account } from './state/account.js';
import { ApiError } from './wire/api-error.js';
import { errorReply, type Reply } from './wire/reply.js';
import { type ApiRequest, readRequest } from './wire/request.js';

type Entry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

/**
 * Starts an EC2 of its own on 127.0.0.1, which real clients take for AWS's.
 *
 *     await using ec2 = await startEc2();
 *     const client = new EC2Client({ endpoint: ec2.endpoint, region: ec2.region, credentials });
 */
export async function startEc2(options: Ec2Options = {}): Promise<Ec2Simulator> {
  const hosts = options.hosts ?? noHosts();
  const account = new Account(options, hosts);
  const faults = new Faults();
  const requests: Entry[] = [];

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    let request: ApiRequest | undefined;
    let struck: RequestFaults | undefined;
    let reply: Reply;
    let entry: Entry | undefined;
    try {
      request = await readRequest(message);
      const { service, action, params } = request;
      entry = { at: account.now(), service, action, params };
      requests.push(entry);
      struck = faults.of(action, params);
      if (struck.take('request-lost') !== undefined) {
        entry.faults = struck.struck;
        message.socket.destroy();
        return;
      }
      reply = answer(account, request, requestId, struck, options.authorize);
      entry.outcome = 'ok';
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError('InternalError', String(error));
      if (entry !== undefined) entry.outcome = known.code;
      reply = errorReply(request, requestId, known);
    }
    const end = struck === undefined ? 'send' : await ending(account, struck);
    if (entry !== undefined && struck !== undefined && struck.struck.length > 0) entry.faults = struck.struck;
    if (end === 'hang') return;
    if (end === 'break') {
      message.socket.destroy();
      return;
    }
    response.writeHead(reply.status, { 'content-type': reply.contentType, 'x-amzn-requestid': requestId });
    response.end(reply.body);
  }

  const server = createServer((message, response) => {
    serve(message, response).catch(() => message.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  let closed: Promise<void> | undefined;
  const end = async () => {
    const ended = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    await ended;
    await account.close();
    await hosts.close();
  };
  const close = () => {
    closed ??= end();
    return closed;
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: account.region,
    faults,
    requests,
    instances: () => [...account.instances.values()].map(instance => snapshotOf(account, instance)),
    instance: id => {
      const instance = account.instances.get(id);
      return instance === undefined ? undefined : snapshotOf(account, instance);
    },
    portOf: id => account.instances.get(id)?.host?.port,
    hostOf: id => account.instances.get(id)?.host,
    leftovers: () => leftoversOf(account),
    billing: () => [...account.instances.values()].map(instance => billOf(instance, account.now())),
    interrupt: (id, noticeMs = 120_000) => interrupt(account, id, noticeMs),
    setImpaired: (id, isImpaired) => {
      const instance = account.instances.get(id);
      if (instance === undefined) throw new Error(`there is no instance ${id}`);
      instance.isImpaired = isImpaired;
    },
    setQuota: (code, vcpus) => void account.quotas.set(code, vcpus),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What becomes of a reply. */
async function ending(account: Account, struck: RequestFaults): Promise<'send' | 'break' | 'hang'> {
  if (struck.take('reply-hung') !== undefined) return 'hang';
  const late = struck.take('reply-late');
  if (late !== undefined) await account.timers.wait(late.ms);
  return struck.take('reply-lost') === undefined ? 'send' : 'break';
}
