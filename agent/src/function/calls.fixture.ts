import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ByteWriter } from '../protocol/byte-writer.js';
import { FrameReader, frameType, readMessage } from '../protocol/frame.js';
import type { LambdaReply, LambdaRequest } from '../protocol/lambda-messages.js';
import { type HostMessage, type JobSpec, protocolVersion, type TaskEvent } from '../protocol/messages.js';
import { readRecords } from '../protocol/records.js';
import { appendTask, beginTasks } from '../protocol/tasks.js';
import { controlFrame, frameParts } from './call-frames.js';
import { unpackBytes } from './packed-bytes.js';

const lambdaFile = fileURLToPath(new URL('../../dist/lambda.mjs', import.meta.url));

/** Calls the handler as AWS's runtime would: in a process of its own, with an event that was JSON. */
const runtime = `
const { handler } = await import(process.argv[1]);
process.on('message', async ({ event, remainingMs }) => {
  const deadline = Date.now() + remainingMs;
  try {
    const reply = await handler(event, { getRemainingTimeInMillis: () => deadline - Date.now() });
    process.send({ reply });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
process.send({});
`;

export interface FunctionCalls {
  readonly home: string;
  readonly pid: number;
  /** @throws Error with what the handler threw */
  call(request: LambdaRequest, remainingMs?: number): Promise<LambdaReply>;
  close(): Promise<void>;
}

export async function startFunction(env: Readonly<Record<string, string>> = {}): Promise<FunctionCalls> {
  const home = mkdtempSync(join(tmpdir(), 'megalith-function-'));
  const child = spawn(process.execPath, ['--input-type=module', '-e', runtime, lambdaFile], {
    env: { PATH: process.env.PATH, MEGALITH_HOME: home, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await nextMessage(child);
  return {
    home,
    pid: child.pid!,
    async call(event, remainingMs = 60_000) {
      child.send({ event, remainingMs });
      const { reply, error } = await nextMessage(child);
      if (error !== undefined) throw new Error(error);
      return reply as LambdaReply;
    },
    async close() {
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.signalCode === null) {
        child.disconnect();
        await exited;
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function nextMessage(child: ChildProcess): Promise<{ reply?: LambdaReply; error?: string }> {
  const waiting = new AbortController();
  const died = once(child, 'exit', { signal: waiting.signal }).then(([code, signal]) => {
    throw new Error(`the runtime exited: ${String(code ?? signal)}`);
  });
  try {
    return (await Promise.race([once(child, 'message').then(([message]) => message as object), died])) as object;
  } finally {
    waiting.abort();
    await died.catch(() => undefined);
  }
}

export interface CalledJob {
  /** A function, self-contained. */
  readonly run?: (item: never, context: never) => unknown;
  /** A shell command. */
  readonly shell?: string;
  readonly items: readonly unknown[];
  readonly requirements?: Partial<JobSpec['requirements']>;
  readonly env?: Readonly<Record<string, string>>;
}

/** The text of a bundle whose function is this one. */
export function bundleText(run: (item: never, context: never) => unknown): string {
  return `export default () => ${run.toString()};\n`;
}

/** The frames of a whole job; `code` stays empty where a store has the text. */
export function jobFrames(job: CalledJob, withText = true): Buffer {
  const text = job.run === undefined ? '' : bundleText(job.run);
  const bundle = { hash: sha256(text), code: withText ? text : '', captured: new Uint8Array() };
  const work: JobSpec['work'] =
    job.shell === undefined
      ? { kind: 'function', bundle, isolation: 'process', shared: [] }
      : { kind: 'command', shell: job.shell, stdin: 'ignore' };
  const spec: JobSpec = {
    job: 7,
    id: 'job-1',
    name: 'test',
    work,
    requirements: { cpus: 1, graceMs: 2000, ...job.requirements },
    env: job.env ?? {},
    cwd: '',
    tags: [],
  };
  const tasks = new ByteWriter();
  beginTasks(tasks, spec.job);
  for (const [index, item] of job.items.entries()) appendTask(tasks, index, 1, item);
  const frames = [
    controlFrame({ type: 'hello', version: protocolVersion }),
    controlFrame({ type: 'submit', spec }),
    { type: frameType.tasks, payload: tasks.take() },
    controlFrame({ type: 'end', job: spec.job, taskCount: job.items.length }),
  ];
  return Buffer.concat(frames.flatMap(frameParts));
}

export function requestOf(job: CalledJob): LambdaRequest {
  return { megalith: protocolVersion, frames: { base64: jobFrames(job).toString('base64') } };
}

export interface ReadReply {
  readonly events: readonly TaskEvent[];
  readonly messages: readonly HostMessage[];
  /** Results by index. */
  readonly values: Readonly<Record<number, unknown>>;
  /** Codes by index. */
  readonly failures: Readonly<Record<number, TaskEvent & { readonly type: 'failed' }>>;
}

export async function readReply({ frames }: Pick<LambdaReply, 'frames'>): Promise<ReadReply> {
  if (!('base64' in frames)) throw new Error(`the answer has no frames: ${JSON.stringify(frames)}`);
  return readFrames(await unpackBytes(frames, 2 ** 30));
}

export function readFrames(bytes: Buffer): ReadReply {
  const events: TaskEvent[] = [];
  const messages: HostMessage[] = [];
  new FrameReader((type, payload) => {
    if (type === frameType.records) events.push(...readRecords(payload));
    else messages.push(readMessage(payload) as HostMessage);
  }).push(bytes);
  const values = Object.fromEntries(events.flatMap(one => (one.type === 'done' ? [[one.index, one.value]] : [])));
  const failures = Object.fromEntries(events.flatMap(one => (one.type === 'failed' ? [[one.index, one]] : [])));
  return { events, messages, values, failures };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
