import { gunzipSync } from 'node:zlib';
import {
  type AttemptStats,
  ByteWriter,
  controlFrame,
  decodeValue,
  type Failure,
  FrameReader,
  frameParts,
  frameType,
  type JobSpec,
  type LambdaReply,
  type LambdaRequest,
  readMessage,
  writeDone,
  writeFailed,
} from '@megalith/agent';
import type { FunctionDefinition, FunctionState, InvokeAnswer, LambdaApi } from '../lambda-api.js';

/** One task of a call, as a function sees it. */
interface FakeTask {
  readonly index: number;
  readonly attempt: number;
  readonly item: unknown;
}

/** What a call does: a value for each task, or how the call ends. */
interface FakeCall {
  readonly number: number;
  readonly name: string;
  readonly request: LambdaRequest;
  readonly spec: JobSpec;
  readonly tasks: readonly FakeTask[];
  readonly signal: AbortSignal;
}

export type FakeEnd =
  | { readonly values: readonly unknown[]; readonly put?: true }
  | { readonly failures: readonly Failure[] }
  | { readonly returned: readonly number[] }
  | { readonly tooLarge: number }
  | { readonly answer: InvokeAnswer };

export type FakeScript = (call: FakeCall) => FakeEnd | Promise<FakeEnd>;

export interface FakeLambda extends LambdaApi {
  readonly functions: Map<string, FunctionDefinition & { state: FunctionState; modifiedAt: number }>;
  /** Names of all calls but `invoke`, in order. */
  readonly asked: string[];
  readonly calls: FakeCall[];
  readonly mostAtOnce: number;
  concurrency: number;
  /** Called before any call but `invoke` is answered. */
  onAsk: (call: string, name: string) => void;
}

/** A refusal as the SDK throws it. */
export function refusal(name: string, status = 400, more: object = {}): Error {
  return Object.assign(new Error(`refused with ${name}`), { name, $metadata: { httpStatusCode: status }, ...more });
}

export const throttled = (more: object = {}): Error => refusal('TooManyRequestsException', 429, more);

/** A region of AWS Lambda in this process, whose functions do what a test says. */
export function createFakeLambda(script: FakeScript = doubles): FakeLambda {
  let atOnce = 0;
  let number = 0;
  const fake: FakeLambda & { mostAtOnce: number } = {
    functions: new Map(),
    asked: [],
    calls: [],
    mostAtOnce: 0,
    concurrency: 1000,
    onAsk: () => undefined,
    async invoke(name, payload, signal) {
      if (!fake.functions.has(name)) throw refusal('ResourceNotFoundException', 404);
      const request = JSON.parse(Buffer.from(payload).toString()) as LambdaRequest;
      const call = { number: ++number, name, request, signal, ...readCall(request) };
      fake.calls.push(call);
      atOnce += 1;
      fake.mostAtOnce = Math.max(fake.mostAtOnce, atOnce);
      try {
        return answerOf(await script(call), call);
      } finally {
        atOnce -= 1;
      }
    },
    async getFunction(name) {
      ask('GetFunction', name);
      const found = fake.functions.get(name);
      if (found === undefined) throw refusal('ResourceNotFoundException', 404);
      return found.state;
    },
    async createFunction(definition) {
      ask('CreateFunction', definition.name);
      if (fake.functions.has(definition.name)) throw refusal('ResourceConflictException', 409);
      const state: FunctionState = { arn: `arn:${definition.name}`, state: 'Active', tags: definition.tags };
      fake.functions.set(definition.name, { ...definition, state, modifiedAt: 0 });
      return state;
    },
    async deleteFunction(name) {
      ask('DeleteFunction', name);
      if (!fake.functions.delete(name)) throw refusal('ResourceNotFoundException', 404);
    },
    async tagFunction(arn, tags) {
      const name = arn.replace('arn:', '');
      ask('TagResource', name);
      const found = fake.functions.get(name);
      if (found === undefined) throw refusal('ResourceNotFoundException', 404);
      found.state = { ...found.state, tags: { ...found.state.tags, ...tags } };
    },
    async listFunctions(marker) {
      ask('ListFunctions', marker ?? '');
      const all = [...fake.functions.values()];
      const from = Number(marker ?? 0);
      const next = from + 2;
      const functions = all
        .slice(from, next)
        .map(({ name, modifiedAt, memoryMib }) => ({ name, modifiedAt, memoryMib }));
      return { functions, ...(next < all.length ? { next: String(next) } : {}) };
    },
    async unreservedConcurrency() {
      ask('GetAccountSettings', '');
      return fake.concurrency;
    },
    close: () => undefined,
  };
  const ask = (call: string, name: string): void => {
    fake.asked.push(call);
    fake.onAsk(call, name);
  };
  return fake;
}

/** Every task gives twice its item. */
const doubles: FakeScript = ({ tasks }) => ({ values: tasks.map(({ item }) => Number(item) * 2) });

/** An answer in which the function itself failed. */
export function fault(errorType: string, errorMessage: string, logTail = ''): FakeEnd {
  const payload = Buffer.from(JSON.stringify({ errorType, errorMessage }));
  return { answer: { functionError: 'Unhandled', payload, logTail } };
}

/** The line that AWS writes at the end of a call. */
export function reportLine(peakMemoryMib: number, memoryMib = 1769, billedMs = 100): string {
  return `REPORT RequestId: 1-2\tDuration: ${billedMs - 0.5} ms\tBilled Duration: ${billedMs} ms\tMemory Size: ${memoryMib} MB\tMax Memory Used: ${peakMemoryMib} MB\t\n`;
}

function readCall(request: LambdaRequest): { readonly spec: JobSpec; readonly tasks: readonly FakeTask[] } {
  if (!('base64' in request.frames)) return { spec: {} as JobSpec, tasks: [] };
  const packed = Buffer.from(request.frames.base64, 'base64');
  return readCallFrames(request.frames.gzip === true ? gunzipSync(packed) : packed);
}

function readCallFrames(bytes: Buffer): { readonly spec: JobSpec; readonly tasks: readonly FakeTask[] } {
  let spec: JobSpec | undefined;
  const tasks: FakeTask[] = [];
  new FrameReader((type, payload) => {
    if (type === frameType.control) {
      const message = readMessage(payload) as { readonly type: string; readonly spec: JobSpec };
      if (message.type === 'submit') spec = message.spec;
    } else if (type === frameType.tasks) {
      for (let at = 4; at < payload.length; at += 12 + payload.readUInt32LE(at + 8)) {
        const end = at + 12 + payload.readUInt32LE(at + 8);
        const item = decodeValue(payload.subarray(at + 12, end));
        tasks.push({ index: payload.readUInt32LE(at), attempt: payload.readUInt16LE(at + 4), item });
      }
    }
  }).push(bytes);
  return { spec: spec!, tasks };
}

const stats: AttemptStats = {
  workerStartedAt: 0,
  startedAt: 0,
  endedAt: 1,
  inputMs: 0,
  outputMs: 0,
  coldStart: false,
  bytesIn: 8,
  bytesOut: 8,
  slot: 0,
};

/** The frames of an answer. */
function endFrames(end: FakeEnd, { spec, tasks }: Pick<FakeCall, 'spec' | 'tasks'>): Buffer {
  const out = new ByteWriter();
  for (const [i, { index, attempt }] of tasks.entries()) {
    const task = { job: spec.job, index, attempt };
    if ('values' in end) writeDone(out, task, stats, end.values[i]);
    if ('failures' in end) writeFailed(out, task, end.failures[i]!, stats);
  }
  const frames = [
    { type: frameType.records, payload: out.take() },
    controlFrame({ type: 'jobEnded', job: spec.job, peakSlots: 1 }),
  ];
  return Buffer.concat(frames.flatMap(frameParts));
}

function answerOf(end: FakeEnd, call: FakeCall): InvokeAnswer {
  if ('answer' in end) return end.answer;
  const frames: LambdaReply['frames'] =
    'tooLarge' in end
      ? { tooLarge: end.tooLarge }
      : 'put' in end
        ? { put: true }
        : { base64: endFrames(end, call).toString('base64') };
  const reply: LambdaReply = {
    megalith: call.request.megalith,
    frames,
    ...('returned' in end ? { returned: end.returned } : {}),
    sandbox: { id: `sandbox-${call.number}`, calls: 0, startedAt: 0, memoryMib: 1769 },
  };
  return { payload: Buffer.from(JSON.stringify(reply)), logTail: reportLine(100) };
}
