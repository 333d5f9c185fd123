import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Timers } from '../ec2/state/timers.js';
import { controlActions } from './actions/control-actions.js';
import { type Invoked, type InvokeSurroundings, invoke } from './actions/invoke.js';
import { Concurrency } from './concurrency.js';
import { type CallFaults, Faults } from './faults.js';
import type { FunctionSnapshot, LambdaEmulator, LambdaOptions, LoggedCall } from './lambda-emulator.js';
import { SandboxPool } from './sandboxes/sandbox-pool.js';
import { Account } from './state/account.js';
import { type EmulatedFunction, latest } from './state/emulated-function.js';
import { LambdaError } from './wire/lambda-error.js';
import { errorReply, type Reply } from './wire/reply.js';
import { checkSignature, type LambdaCall, readRequest } from './wire/request.js';

type Entry = { -readonly [Key in keyof LoggedCall]: LoggedCall[Key] };

/**
 * Starts a Lambda of its own on 127.0.0.1, which real clients take for AWS's, and which runs what they upload.
 *
 *     await using lambda = await startLambda();
 *     const client = new LambdaClient({ endpoint: lambda.endpoint, region: lambda.region, credentials });
 */
export async function startLambda(options: LambdaOptions = {}): Promise<LambdaEmulator> {
  const account = new Account(options);
  const pool = new SandboxPool(options, account.region);
  const faults = new Faults();
  const timers = new Timers();
  const calls: Entry[] = [];
  const logs = new Map<string, string>();
  const surroundings: InvokeSurroundings = {
    account,
    pool,
    concurrency: new Concurrency(account, options.burst),
    log: (name, text) => void logs.set(name, (logs.get(name) ?? '') + text),
  };

  async function answer(call: LambdaCall, requestId: string, struck: CallFaults): Promise<Invoked> {
    checkSignature(call.headers, account.region);
    struck.refuse();
    const { action, resource } = call;
    if (options.authorize?.({ action, resource }) === false) {
      throw new LambdaError(
        'AccessDeniedException',
        `User is not authorized to perform: lambda:${action} on resource: ${resource}`,
      );
    }
    if (action === 'Invoke') return invoke(surroundings, call, requestId, struck);
    const reply = controlActions[action]!(account, call);
    // Sandboxes of what is no more end, unless they are at a call.
    await pool.endIdle(version => !isCurrent(account, version.config.name, version));
    return { reply };
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    let struck: CallFaults | undefined;
    let reply: Reply;
    let entry: Entry | undefined;
    let receivedBytes = 0;
    try {
      const call = await readRequest(message);
      receivedBytes = call.body.length;
      const functionName = nameIn(call);
      entry = { at: account.now(), action: call.action, functionName };
      calls.push(entry);
      struck = faults.of(call.action, functionName);
      if (struck.take('request-lost') !== undefined) {
        entry.faults = struck.struck;
        message.socket.destroy();
        return;
      }
      await crossing(receivedBytes, struck);
      const { reply: made, run } = await answer(call, requestId, struck);
      reply = made;
      if (run !== undefined) entry.run = run;
      entry.outcome = made.headers['x-amz-function-error'] ?? 'ok';
    } catch (error) {
      const known =
        error instanceof LambdaError ? error : new LambdaError('ServiceException', String((error as Error).stack));
      if (entry !== undefined) entry.outcome = known.code;
      reply = errorReply(known);
    }
    const end = struck === undefined ? 'send' : await ending(struck, reply.body.length);
    if (entry !== undefined && struck !== undefined && struck.struck.length > 0) entry.faults = struck.struck;
    if (end === 'hang') return;
    if (end === 'break') {
      message.socket.destroy();
      return;
    }
    response.writeHead(reply.status, { ...reply.headers, 'x-amzn-requestid': requestId });
    response.end(reply.body);
  }

  /** How long bytes are on their way. */
  async function crossing(bytes: number, struck: CallFaults): Promise<void> {
    const slow = struck.take('slow-network');
    if (slow !== undefined) await timers.wait((bytes / slow.bytesPerSecond) * 1000);
  }

  async function ending(struck: CallFaults, bytes: number): Promise<'send' | 'break' | 'hang'> {
    if (struck.take('reply-hung') !== undefined) return 'hang';
    const late = struck.take('reply-late');
    if (late !== undefined) await timers.wait(late.ms);
    await crossing(bytes, struck);
    return struck.take('reply-lost') === undefined ? 'send' : 'break';
  }

  const server = createServer((message, response) => {
    serve(message, response).catch(() => message.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', 4096, resolve);
  });

  let closed: Promise<void> | undefined;
  const end = async () => {
    timers.close();
    const ended = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    await ended;
    await pool.close();
  };
  const close = () => {
    closed ??= end();
    return closed;
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: account.region,
    role: `arn:aws:iam::${account.id}:role/of-functions`,
    faults,
    functions: () => [...account.functions.values()].map(snapshotOf),
    sandboxes: () => pool.snapshots(),
    calls: () => calls,
    logs: name => logs.get(name) ?? '',
    setConcurrency: wanted => {
      account.concurrency = wanted;
    },
    endIdle: () => pool.endIdle(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isCurrent({ functions }: Account, name: string, version: EmulatedFunction['latest']): boolean {
  const one = functions.get(name);
  return one?.latest === version || one?.published.get(version.version) === version;
}

/** A call's function, as far as its path tells. */
function nameIn({ action, resource, body }: LambdaCall): string {
  if (action !== 'CreateFunction')
    return /^(?:arn:aws:lambda:[^:]*:)?(?:\d{12}:)?(?:function:)?([^:]+)/.exec(resource)?.[1] ?? '';
  return /"FunctionName"\s*:\s*"([^"]*)"/.exec(body.toString())?.[1] ?? '';
}

function snapshotOf({ arn, latest: { config, code }, tags, reserved, published }: EmulatedFunction): FunctionSnapshot {
  return {
    name: config.name,
    arn,
    memoryMib: config.memoryMib,
    timeoutSeconds: config.timeoutSeconds,
    ephemeralMib: config.ephemeralMib,
    architecture: config.architecture,
    codeSha256: code.sha256,
    codeBytes: code.byteLength,
    tags: Object.fromEntries(tags),
    environment: config.environment,
    ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
    versions: [latest, ...published.keys()],
  };
}
