import { type Failure, isMegalithError, MegalithError } from '@megalith/agent';
import { formatSize } from '../../config/size.js';
import type { CallCosts } from './call-costs.js';
import { type CallPacker, requestBytes, requestLimitBytes } from './call-packer.js';
import type { CallTask } from './call-tasks.js';
import type { CallOutcome } from './call-verdict.js';
import { classifyFault, overPayloadHint } from './function-fault.js';
import type { CallTarget, Invoker, WantedCall } from './invoker.js';
import type { InvokeAnswer } from './lambda-api.js';
import { parseReply, readReply } from './read-reply.js';
import { readReport, reportOnly } from './report-line.js';
import type { Spill, StoredPlace } from './spill.js';
import type { StoredPrelude } from './stored-prelude.js';

type CallOptions = Pick<WantedCall, 'signal' | 'onSent'>;

/** What a run needs of the way to its functions. */
export interface CallCaller {
  /** In words: `lambda us-east-1`. */
  readonly place: string;
  /** Calls that may begin now. */
  readonly free: number;
  /** Tasks that run at once in one call. */
  readonly parallel: number;
  /** What every call carries beside its tasks, bytes. */
  readonly preludeBytes: number;
  /** Of calls that are over. */
  readonly costUsd: number;
  /** Of one call that takes so long, milliseconds. */
  usdOf(ms: number): number;
  onRoom(listener: () => void): () => void;
  /** One call to its end; undefined where it was cancelled. Rejects with bugs only. */
  call(tasks: readonly CallTask[], options: CallOptions): Promise<CalledTasks | undefined>;
}

export interface CalledTasks {
  readonly outcome: CallOutcome;
  /** Which sandbox answered. */
  readonly sandbox?: string;
}

export interface CallerSetup {
  readonly place: string;
  readonly parallel: number;
  readonly memoryMib: number;
  readonly timeoutMs: number;
  readonly invoker: Invoker;
  readonly target: CallTarget;
  readonly packer: CallPacker;
  readonly costs: CallCosts;
  /** What its functions write may have them, and is not told. */
  readonly hasSecrets: boolean;
  /** Undefined where nothing of the job may go through a store. */
  readonly spill: Spill | undefined;
  /** Undefined where calls carry what they all begin with. */
  readonly prelude: StoredPrelude | undefined;
  /** Hears what the first call of a sandbox took longer than its handler, milliseconds. */
  readonly onCold?: (coldMs: number) => void;
}

/** The way of one job's calls: packs them, sends them, and reads what came back. */
export function createCaller(setup: CallerSetup): CallCaller {
  const { place, parallel, invoker, packer, prelude, costs } = setup;
  return {
    place,
    parallel,
    get free() {
      return invoker.free;
    },
    preludeBytes: prelude === undefined ? packer.preludeBytes : 0,
    get costUsd() {
      return costs.usd;
    },
    usdOf: ms => costs.usdOf(ms),
    onRoom: listener => invoker.onRoom(listener),
    call: (tasks, options) => callOnce(setup, tasks, options),
  };
}

async function callOnce(
  setup: CallerSetup,
  tasks: readonly CallTask[],
  options: CallOptions,
): Promise<CalledTasks | undefined> {
  const { invoker, target, costs, packer, spill } = setup;
  const way: CallWay = {};
  const { signal } = options;
  try {
    const end = await invoker.invoke({ target, pack: () => pack(setup, tasks, way, signal), ...options });
    switch (end.kind) {
      case 'cancelled':
        // What it takes to its end nobody here will know: at least this.
        if (end.tookMs !== undefined) costs.add(undefined, end.tookMs);
        return undefined;
      case 'tooLarge':
        return { outcome: tooLarge(packer, tasks) };
      case 'lost':
        costs.add(undefined, end.tookMs);
        return { outcome: { kind: 'lost', error: end.error } };
      case 'refused':
        return { outcome: { kind: 'refused', error: end.error } };
      case 'answered':
        costs.add(readReport(end.answer.logTail), end.tookMs);
        return await read(setup, end.answer, end.tookMs, way, signal);
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!isMegalithError(error)) throw error;
    // A store that does not answer, or not well: this call is lost, and others may not be.
    if (error.code === 'STORE_FAILED' || error.code === 'NOT_FOUND') return { outcome: { kind: 'lost', error } };
    return { outcome: { kind: 'refused', error } };
  } finally {
    if (way.inKey !== undefined) spill?.drop(way.inKey);
  }
}

/** What of a call goes through the store. */
interface CallWay {
  inKey?: string;
  /** Where the function may put an answer that is too large. */
  out?: StoredPlace;
}

async function pack(
  { packer, spill, prelude }: CallerSetup,
  tasks: readonly CallTask[],
  way: CallWay,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const out = await spill?.place();
  if (out !== undefined) way.out = out;
  const around = {
    ...(out === undefined ? {} : { put: out.put }),
    ...(prelude === undefined ? {} : { prelude: { get: await prelude.url() } }),
  };
  const frames = await packer.packed(tasks, prelude === undefined);
  const inline = frames === undefined ? undefined : requestBytes({ frames, ...around });
  if (inline !== undefined && inline.length <= requestLimitBytes) return inline;
  if (spill === undefined || tasks.length > 1) return undefined;
  const { key, get } = await spill.put(packer.frames(tasks, prelude === undefined), signal);
  way.inKey = key;
  return requestBytes({ frames: { get }, ...around });
}

async function read(
  setup: CallerSetup,
  { functionError, payload, logTail }: InvokeAnswer,
  tookMs: number,
  { out }: CallWay,
  signal: AbortSignal,
): Promise<CalledTasks> {
  const { memoryMib, timeoutMs, place, spill } = setup;
  if (functionError !== undefined) {
    const told = setup.hasSecrets ? reportOnly(logTail) : logTail;
    const fault = classifyFault({ ...errorIn(payload), logTail: told, memoryMib, timeoutMs });
    return { outcome: { kind: 'failed', fault } };
  }
  const reply = parseReply(payload);
  const { id, calls } = reply.sandbox;
  const report = calls === 0 ? readReport(logTail) : undefined;
  if (report !== undefined) setup.onCold?.(tookMs - report.durationMs);
  const stored = async (): Promise<Buffer> => {
    if (spill === undefined || out === undefined) {
      throw new MegalithError('PROTOCOL', 'the function says that its answer is in a store, and has none');
    }
    return spill.read(out.key, signal);
  };
  const read = await readReply(reply, stored);
  if (out !== undefined) {
    if ('put' in reply.frames) spill?.drop(out.key);
    else spill?.unused(out);
  }
  return { outcome: { kind: 'replied', reply: read }, sandbox: `${place}/${id}` };
}

function errorIn(payload: Uint8Array): { readonly errorType: string; readonly errorMessage: string } {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  try {
    const { errorType, errorMessage } = JSON.parse(text) as { errorType?: unknown; errorMessage?: unknown };
    return {
      errorType: typeof errorType === 'string' ? errorType : 'Unknown',
      errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    };
  } catch {
    return { errorType: 'Unknown', errorMessage: text.slice(0, 500) };
  }
}

function tooLarge({ preludeBytes }: CallPacker, tasks: readonly CallTask[]): CallOutcome {
  const bytes = tasks.reduce((sum, task) => sum + task.bytes.length, preludeBytes);
  const failure: Failure = {
    code: 'OVER_PAYLOAD',
    message: `the task with its code and shared inputs has ${formatSize(bytes)}, and a call carries ${formatSize(requestLimitBytes)} as text`,
    hint: overPayloadHint,
  };
  return { kind: 'tooLarge', failure };
}
