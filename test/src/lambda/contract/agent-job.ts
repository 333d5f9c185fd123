import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  appendTask,
  ByteWriter,
  beginTasks,
  type ClientMessage,
  FrameReader,
  frameType,
  type JobSpec,
  type LambdaReply,
  type LambdaRequest,
  protocolVersion,
  readRecords,
  type TaskEvent,
  writeFrame,
  writeMessage,
} from '@megalith/agent';

/** What a function of Megalith consists of. */
export function agentPackage(): Record<string, Uint8Array> {
  const read = (name: string): Uint8Array =>
    readFileSync(fileURLToPath(import.meta.resolve(`@megalith/agent/${name}`)));
  return { 'lambda.mjs': read('lambda.mjs'), 'agent.mjs': read('agent.mjs') };
}

export interface AgentJob {
  /** A function, self-contained. */
  readonly run?: (item: never) => unknown;
  readonly shell?: string;
  readonly items: readonly unknown[];
  readonly requirements?: Partial<JobSpec['requirements']>;
}

/** A whole job as the request of one call. */
export function requestOf({ run, shell, items, requirements }: AgentJob): LambdaRequest {
  const code = run === undefined ? '' : `export default () => ${run.toString()};\n`;
  const bundle = { hash: createHash('sha256').update(code).digest('hex'), code, captured: new Uint8Array() };
  const spec: JobSpec = {
    job: 1,
    id: 'contract',
    name: 'contract',
    work:
      shell === undefined
        ? { kind: 'function', bundle, isolation: 'process', shared: [] }
        : { kind: 'command', shell, stdin: 'ignore' },
    requirements: { cpus: 1, graceMs: 500, ...requirements },
    env: {},
    cwd: '',
    tags: [],
  };
  const stream = new PassThrough();
  const say = (message: ClientMessage): void => void writeMessage(stream, message);
  say({ type: 'submit', spec });
  const tasks = new ByteWriter();
  beginTasks(tasks, spec.job);
  for (const [index, item] of items.entries()) appendTask(tasks, index, 1, item);
  writeFrame(stream, frameType.tasks, [tasks.take()]);
  say({ type: 'end', job: spec.job, taskCount: items.length });
  const bytes = stream.read() as Buffer;
  return { megalith: protocolVersion, frames: { base64: bytes.toString('base64') } };
}

export interface AgentEnds {
  readonly values: Readonly<Record<number, unknown>>;
  readonly failures: Readonly<Record<number, (TaskEvent & { readonly type: 'failed' })['failure']>>;
  /** Of all tasks together. */
  readonly output: string;
}

/** How the tasks of a reply ended, by index. */
export function endsOf({ frames }: LambdaReply): AgentEnds {
  if (!('base64' in frames)) throw new Error(`the reply has no frames: ${JSON.stringify(frames)}`);
  const packed = Buffer.from(frames.base64, 'base64');
  const events: TaskEvent[] = [];
  new FrameReader((type, payload) => {
    if (type === frameType.records) events.push(...readRecords(payload));
  }).push(frames.gzip === true ? gunzipSync(packed) : packed);
  return {
    values: Object.fromEntries(events.flatMap(one => (one.type === 'done' ? [[one.index, one.value]] : []))),
    failures: Object.fromEntries(events.flatMap(one => (one.type === 'failed' ? [[one.index, one.failure]] : []))),
    output: Buffer.concat(events.flatMap(one => (one.type === 'log' ? [one.bytes] : []))).toString(),
  };
}
