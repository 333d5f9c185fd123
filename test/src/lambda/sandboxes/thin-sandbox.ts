import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionVersion } from '../state/emulated-function.js';
import { errorBody, type Invocation, largestResponse, type Outcome, type Sandbox, type SandboxRun } from './sandbox.js';

export interface ThinContext {
  readonly functionName: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** What stands for all functions: called in this process. What it throws is the function's error. */
export type ThinFunction = (payload: unknown, context: ThinContext) => unknown;

/** A sandbox without processes. */
export class ThinSandbox implements Sandbox {
  readonly id: string;
  readonly isBroken = false;
  readonly #version: FunctionVersion;
  readonly #run: ThinFunction;
  readonly #startMs: number;
  #isStarted = false;

  constructor(id: string, version: FunctionVersion, run: ThinFunction, startMs: number) {
    this.id = id;
    this.#version = version;
    this.#run = run;
    this.#startMs = startMs;
  }

  processes(): readonly [] {
    return [];
  }

  async run(invocation: Invocation): Promise<SandboxRun> {
    const isCold = !this.#isStarted;
    this.#isStarted = true;
    if (isCold && this.#startMs > 0) await delay(this.#startMs);
    const startedAt = performance.now();
    const outcome = await this.#outcome(invocation);
    const durationMs = performance.now() - startedAt;
    return { outcome, durationMs, log: '', ...(isCold ? { initMs: this.#startMs } : {}) };
  }

  async #outcome({ payload, requestId, timeoutMs, killAfterMs }: Invocation): Promise<Outcome> {
    const { name, memoryMib } = this.#version.config;
    const deadline = performance.now() + timeoutMs;
    const context: ThinContext = {
      functionName: name,
      memoryLimitInMB: String(memoryMib),
      awsRequestId: requestId,
      getRemainingTimeInMillis: () => Math.max(0, deadline - performance.now()),
    };
    const over = new AbortController();
    const after = <T>(ms: number, value: T): Promise<T> => delay(ms, value, { signal: over.signal });
    const ends: Promise<Outcome>[] = [this.#called(payload, context), after(timeoutMs, { kind: 'timed-out' } as const)];
    if (killAfterMs !== undefined) ends.push(after(killAfterMs, { kind: 'exited', how: 'signal: killed' } as const));
    try {
      return await Promise.race(ends);
    } finally {
      over.abort();
      await Promise.allSettled(ends.slice(1));
    }
  }

  async #called(payload: Buffer, context: ThinContext): Promise<Outcome> {
    try {
      const answer = await this.#run(JSON.parse(payload.toString()), context);
      const body = Buffer.from(JSON.stringify(answer ?? null));
      return body.length > largestResponse ? { kind: 'too-large', bytes: body.length } : { kind: 'answered', body };
    } catch (error) {
      const { name, message } = error as Error;
      return { kind: 'threw', body: errorBody(name, message, { trace: [] }) };
    }
  }

  async end(): Promise<void> {
    // There is nothing to end.
  }
}
