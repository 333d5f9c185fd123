import type { Concurrency } from '../concurrency.js';
import type { CallFaults } from '../faults.js';
import type { CallRun } from '../lambda-emulator.js';
import { errorBody, largestResponse, type Outcome, type SandboxRun } from '../sandboxes/sandbox.js';
import type { PooledSandbox, SandboxPool } from '../sandboxes/sandbox-pool.js';
import type { Account } from '../state/account.js';
import type { EmulatedFunction, FunctionVersion } from '../state/emulated-function.js';
import { LambdaError } from '../wire/lambda-error.js';
import { emptyReply, type Reply } from '../wire/reply.js';
import type { LambdaCall } from '../wire/request.js';

/** "limit 6291456 bytes" */
const largestRequest = 6 * 2 ** 20;
/** "the last 4 KB of the execution log" */
const tailBytes = 4096;

export interface InvokeSurroundings {
  readonly account: Account;
  readonly concurrency: Concurrency;
  readonly pool: SandboxPool;
  /** Keeps what was printed. */
  log(functionName: string, text: string): void;
}

export interface Invoked {
  readonly reply: Reply;
  readonly run?: CallRun;
}

/** Runs a function once. @throws LambdaError where it does not run */
export async function invoke(
  surroundings: InvokeSurroundings,
  call: LambdaCall,
  requestId: string,
  faults: CallFaults,
): Promise<Invoked> {
  const { account, concurrency } = surroundings;
  const { one, qualifier } = account.find(call.resource, call.query.get('Qualifier') ?? undefined);
  const version = one.versionOf(qualifier)!;
  const type = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const payload = payloadOf(call, String(type));
  one.mustBeActive(account.now());
  if (type === 'DryRun') return { reply: emptyReply(204) };
  concurrency.begin(one);
  try {
    return await run(surroundings, one, version, payload, requestId, faults, call.headers['x-amz-log-type'] === 'Tail');
  } finally {
    concurrency.end(one);
  }
}

function payloadOf({ body }: LambdaCall, type: string): Buffer {
  if (type === 'Event') {
    throw new LambdaError('InvalidParameterValueException', 'This emulator has no asynchronous invocations.');
  }
  if (body.length > largestRequest) {
    const message = `${body.length} byte payload is too large for the ${type} invocation type (limit ${largestRequest} bytes)`;
    throw new LambdaError('RequestEntityTooLargeException', message);
  }
  if (body.length === 0) return Buffer.from('{}');
  try {
    JSON.parse(body.toString());
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`;
    throw new LambdaError('InvalidRequestContentException', message);
  }
  return body;
}

async function run(
  { account, concurrency, pool, log }: InvokeSurroundings,
  one: EmulatedFunction,
  version: FunctionVersion,
  payload: Buffer,
  requestId: string,
  faults: CallFaults,
  wantsTail: boolean,
): Promise<Invoked> {
  const idle = pool.idle(version);
  if (idle === undefined) concurrency.grow(one);
  const pooled: PooledSandbox = idle ?? (await pool.make(version));
  pooled.calls++;
  const { config } = version;
  const killAfterMs = faults.take('killed')?.afterMs;
  const timeoutMs = config.timeoutSeconds * 1000;
  let ran: SandboxRun;
  try {
    ran = await pooled.sandbox.run({
      requestId,
      functionArn: version.version === '$LATEST' ? one.arn : `${one.arn}:${version.version}`,
      payload,
      timeoutMs,
      ...(killAfterMs === undefined ? {} : { killAfterMs }),
    });
  } finally {
    const isCurrent =
      account.functions.get(config.name) === one && (one.latest === version || one.published.has(version.version));
    pool.giveBack(pooled, isCurrent);
  }
  const text = report(ran, version, requestId);
  log(config.name, text);
  const { body, isError } = answerTo(ran.outcome, requestId, timeoutMs);
  const reply: Reply = {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': version.version,
      ...(isError ? { 'x-amz-function-error': 'Unhandled' } : {}),
      ...(wantsTail ? { 'x-amz-log-result': Buffer.from(text).subarray(-tailBytes).toString('base64') } : {}),
    },
    body,
  };
  return {
    reply,
    run: {
      requestId,
      sandbox: pooled.sandbox.id,
      isCold: idle === undefined,
      durationMs: ran.durationMs,
      billedMs: billedMs(ran),
      memoryMib: config.memoryMib,
      ...(ran.peakMib === undefined ? {} : { peakMib: ran.peakMib }),
      requestBytes: payload.length,
      replyBytes: body.length,
    },
  };
}

function answerTo(
  outcome: Outcome,
  requestId: string,
  timeoutMs: number,
): { readonly body: Buffer; readonly isError: boolean } {
  const failed = (type: string, message: string) => ({ body: errorBody(type, message), isError: true });
  switch (outcome.kind) {
    case 'answered':
      return { body: outcome.body, isError: false };
    case 'threw':
      return { body: outcome.body, isError: true };
    case 'too-large':
      return failed(
        'Function.ResponseSizeTooLarge',
        `Response payload size (${outcome.bytes} bytes) exceeded maximum allowed payload size (${largestResponse} bytes).`,
      );
    case 'exited':
      return failed('Runtime.ExitError', `RequestId: ${requestId} Error: ${exitText(outcome.how)}`);
    case 'timed-out':
      return failed('Sandbox.Timedout', `RequestId: ${requestId} Error: ${timeoutText(timeoutMs)}`);
  }
}

/** The words are those of AWS's runtime interface emulator, which has them from Lambda. */
function exitText(how: string | undefined): string {
  return how === undefined ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`;
}

function timeoutText(timeoutMs: number): string {
  return `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
}

/** The log of a call, with the lines that Lambda adds. */
function report(
  { outcome, durationMs, initMs, log, peakMib }: SandboxRun,
  { version, config }: FunctionVersion,
  requestId: string,
): string {
  const lines = [`START RequestId: ${requestId} Version: ${version}`];
  if (log !== '') lines.push(log.trimEnd());
  if (outcome.kind === 'timed-out') {
    lines.push(`${new Date().toISOString()} ${requestId} ${timeoutText(config.timeoutSeconds * 1000)}`, '');
  }
  if (outcome.kind === 'exited')
    lines.push(`RequestId: ${requestId} Error: ${exitText(outcome.how)}`, 'Runtime.ExitError');
  lines.push(`END RequestId: ${requestId}`);
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${billedMs({ durationMs, initMs })} ms`,
    `Memory Size: ${config.memoryMib} MB`,
    `Max Memory Used: ${peakMib ?? config.memoryMib} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ...(outcome.kind === 'timed-out' ? ['Status: timeout'] : []),
    ...(outcome.kind === 'exited' ? ['Status: error', 'Error Type: Runtime.ExitError'] : []),
  ];
  lines.push(fields.join('\t'));
  return `${lines.join('\n')}\n`;
}

function billedMs({
  durationMs,
  initMs,
}: {
  readonly durationMs: number;
  readonly initMs?: number | undefined;
}): number {
  return Math.ceil(durationMs + (initMs ?? 0));
}
