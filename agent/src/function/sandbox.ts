import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MegalithError } from '../errors.js';
import { JobHost } from '../host/job-host.js';
import { jobsFolder } from '../journal/home.js';
import { SandboxMemory } from '../memory/sandbox-memory.js';
import type { LambdaReply, LambdaRequest } from '../protocol/lambda-messages.js';
import { protocolVersion } from '../protocol/messages.js';
import { answerFrames } from './answer.js';
import { pruneBundles, withText } from './bundle-texts.js';
import { type CallFrames, readCallFrames } from './call-frames.js';
import { functionCapacity } from './capacity.js';
import { unpackBytes } from './packed-bytes.js';
import { isPacked, readRequest } from './read-request.js';
import { runJob } from './run-job.js';
import { getSigned } from './signed-url.js';
import { taskEnvironment } from './task-environment.js';

export interface SandboxOptions {
  /** The agent's one file, for slots to start from. */
  readonly entryFile: string;
  /** Where everything is written. */
  readonly home: string;
  readonly memoryMib: number;
  readonly env: NodeJS.ProcessEnv;
}

/** V8 does not start with much less. */
const leastHeapMiB = 32;
/** What is left of a job that was given up may take so long to end before the answer goes, milliseconds. */
const renewMs = 250;
/** Of the ten seconds that a function has to be ready, a slot may take so many milliseconds. */
const prepareMs = 5000;

/** One execution environment of a function: a job host that lives as long as it, and takes one call after another. */
export class FunctionSandbox {
  readonly #options: SandboxOptions;
  readonly #id = randomUUID();
  readonly #startedAt = Date.now();
  readonly #socketPath: string;
  #host: JobHost;
  #calls = 0;
  #busy = false;

  constructor(options: SandboxOptions) {
    this.#options = options;
    const { home } = options;
    this.#socketPath = join(home, 'host');
    mkdirSync(home, { recursive: true, mode: 0o700 });
    // A runtime that is started again after a crash finds the files of the one before.
    for (const left of [jobsFolder(home), this.#workFolder, this.#socketPath])
      rmSync(left, { recursive: true, force: true });
    mkdirSync(this.#workFolder);
    this.#host = this.#makeHost();
    createServer(socket => this.#host.serve(socket))
      .listen(this.#socketPath)
      .unref();
  }

  /** Does before the first call what it would have to wait for. */
  async prepare(): Promise<void> {
    const waiting = new AbortController();
    const late = delay(prepareMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([this.#host.prepare(), late]);
    waiting.abort();
  }

  /**
   * Answers one call.
   * @param event what came
   * @param remainingMs until the function is killed
   * @throws MegalithError PROTOCOL, STORE_FAILED, and USAGE where a call is under way
   */
  async call(event: unknown, remainingMs: () => number): Promise<LambdaReply> {
    if (this.#busy) throw new MegalithError('USAGE', 'a sandbox takes one call at a time');
    this.#busy = true;
    const calls = this.#calls++;
    try {
      const request = readRequest(event);
      const frames = readCallFrames(await this.#framesOf(request, remainingMs()));
      return await this.#run(request, frames, calls, remainingMs);
    } finally {
      this.#busy = false;
    }
  }

  async #run(
    request: LambdaRequest,
    frames: CallFrames,
    calls: number,
    remainingMs: () => number,
  ): Promise<LambdaReply> {
    const { home, memoryMib } = this.#options;
    const { spec } = frames;
    try {
      const { code } = request;
      const isFilled = code === undefined || spec.work.kind !== 'function';
      const work = isFilled ? spec.work : await withText(spec.work, code, home, remainingMs());
      const reply = await runJob(
        this.#host,
        frames,
        { ...spec, work, cwd: spec.cwd === '' ? this.#workFolder : spec.cwd },
        remainingMs(),
      );
      if (!reply.isClean) await this.#renewHost();
      await this.#host.written();
      const bytes = reply.frames.bytes();
      const { returned } = reply.frames;
      return {
        megalith: protocolVersion,
        frames: await answerFrames(bytes, returned.length, request.put, remainingMs),
        ...(returned.length === 0 ? {} : { returned }),
        sandbox: { id: this.#id, calls, startedAt: this.#startedAt, memoryMib },
      };
    } finally {
      rmSync(jobsFolder(home), { recursive: true, force: true });
      emptyFolder(this.#workFolder);
      pruneBundles(home);
    }
  }

  async #framesOf({ prelude, frames }: LambdaRequest, timeoutMs: number): Promise<Buffer> {
    const mostBytes = this.#options.memoryMib * 2 ** 20;
    const rest = isPacked(frames) ? unpackBytes(frames, mostBytes) : getSigned(frames.get, timeoutMs);
    if (prelude === undefined) return rest;
    return Buffer.concat(await Promise.all([getSigned(prelude.get, timeoutMs), rest]));
  }

  #makeHost(): JobHost {
    const { entryFile, home, memoryMib, env } = this.#options;
    const capacity = functionCapacity(memoryMib);
    return new JobHost({
      entryFile,
      home,
      socketPath: this.#socketPath,
      capacity,
      // The guard holds tasks to what they asked for; V8 must not think that it has the whole machine.
      heapMiB: Math.max(leastHeapMiB, Math.floor(capacity.memoryBytes / 2 ** 20)),
      env: taskEnvironment(env),
      memory: new SandboxMemory(memoryMib * 2 ** 20),
      // A sandbox is frozen between calls, and its slots with it: how long they idle is not for a clock to say.
      idleMs: Number.POSITIVE_INFINITY,
    });
  }

  /** Something is left that would go on into the next call: that one begins with nothing. */
  async #renewHost(): Promise<void> {
    const closed = this.#host.close();
    this.#host = this.#makeHost();
    await Promise.race([closed, delay(renewMs)]);
  }

  /** Where tasks run: one for all calls, as slots that stay are in it. */
  get #workFolder(): string {
    return join(this.#options.home, 'work');
  }
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}
