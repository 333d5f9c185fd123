import type { Duplex } from 'node:stream';
import {
  type ClientMessage,
  FrameReader,
  frameType,
  type HostMessage,
  isMegalithError,
  type MachineInfo,
  MegalithError,
  protocolVersion,
  readMessage,
  writeFrame,
  writeMessage,
} from '@megalith/agent';
import type { BackendJob } from '../backend.js';
import { type DurableOptions, DurableRun, type LastingWire } from './durable-run.js';
import { failureError } from './failure-error.js';

export interface LastingOptions {
  /** Opens a stream to the agent, starting it where that is needed. */
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  /** What people call the machine. */
  readonly name: string;
  /** How long a lost connection is tried again before its jobs are given up here, milliseconds. @defaultValue 10 minutes */
  readonly patienceMs?: number;
  /** Called when the number of running jobs turns from none to some, and back. */
  readonly onBusy?: (busy: boolean) => void;
  /** A number from 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number;
}

const defaultPatienceMs = 10 * 60 * 1000;
/** The wait before the first new try, and the longest between two. */
const firstBackoffMs = 200;
const longestBackoffMs = 5000;
/** The agent drops a client that it has not heard of for 90 s. */
const pingEveryMs = 20_000;
/** An agent answers at once, unless it or its machine hangs. */
const silenceMs = 60_000;

/** Failures that trying again does not mend. */
const lastingFailures: ReadonlySet<string> = new Set(['HOST_KEY', 'CONFIG', 'USAGE', 'PROTOCOL', 'NOT_CONFIGURED']);

/** The client's end of the wire to an agent that outlives it: where the stream is lost another is opened, and the jobs go on. */
export class LastingConnection implements LastingWire {
  readonly #options: LastingOptions;
  readonly #runs = new Map<number, DurableRun>();
  readonly #ending = new AbortController();
  #lastJob = 0;
  #lastMark = 0;
  #stream: Duplex | undefined;
  #connecting = false;
  /** When the stream was lost; undefined while there is one, and before the first. */
  #lostAt: number | undefined;
  #machine: MachineInfo | undefined;
  #heardAt = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #drained: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  constructor(options: LastingOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#stream !== undefined;
  }

  get machine(): MachineInfo | undefined {
    return this.#machine;
  }

  /** When anything last came from the machine, on the monotonic clock; 0 before that. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Opens the stream if there is none, without waiting for it. */
  warm(): void {
    if (this.#stream === undefined && !this.#connecting && this.#retry === undefined) void this.#connect();
  }

  run(job: BackendJob, options: DurableOptions): DurableRun {
    const number = ++this.#lastJob;
    const run = new DurableRun(number, job, this, options);
    if (this.#runs.size === 0) this.#options.onBusy?.(true);
    this.#runs.set(number, run);
    if (this.#stream === undefined) this.warm();
    else run.connected();
    return run;
  }

  send(message: ClientMessage): void {
    if (this.#stream !== undefined) writeMessage(this.#stream, message);
  }

  async sendFrame(type: typeof frameType.tasks | typeof frameType.shared, parts: readonly Uint8Array[]): Promise<void> {
    if (this.#stream === undefined || writeFrame(this.#stream, type, parts)) return;
    // One listener for all runs that wait.
    this.#drained ??= new Promise(resolve => {
      this.#onDrained = resolve;
    });
    await this.#drained;
  }

  nextMark(): number {
    return ++this.#lastMark;
  }

  over(number: number): void {
    if (this.#runs.delete(number) && this.#runs.size === 0) {
      clearTimeout(this.#retry);
      this.#retry = undefined;
      this.#options.onBusy?.(false);
    }
  }

  /** Ends the connection; jobs go on without it. */
  close(): void {
    this.#ending.abort();
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    // What was written last, such as the leaving of a job, is to arrive.
    this.#stream?.end();
    this.#stream = undefined;
  }

  async #connect(): Promise<void> {
    this.#connecting = true;
    try {
      const stream = await this.#options.open(this.#ending.signal);
      this.#connecting = false;
      if (this.#ending.signal.aborted) stream.destroy();
      // It may have closed before anyone listened.
      else if (stream.destroyed) this.#failed(this.#lostContact());
      else this.#connected(stream);
    } catch (error) {
      this.#connecting = false;
      if (!this.#ending.signal.aborted) this.#failed(error);
    }
  }

  #connected(stream: Duplex): void {
    this.#stream = stream;
    this.#heardAt = performance.now();
    const reader = new FrameReader((type, payload) => {
      if (type === frameType.entries) this.#entry(payload);
      else this.#receive(readMessage(payload) as HostMessage);
    });
    stream.on('data', (chunk: Buffer) => {
      this.#heardAt = performance.now();
      reader.push(chunk);
    });
    stream.on('drain', () => this.#writable());
    // An agent that died ends its side; over SSH the other side stays open until somebody writes.
    stream.on('end', () => stream.destroy());
    stream.on('close', () => this.#lost(stream));
    stream.on('error', () => stream.destroy());
    this.#heartbeat = setInterval(() => this.#beat(stream), pingEveryMs).unref();
    this.send({ type: 'hello', version: protocolVersion });
    for (const run of this.#runs.values()) run.connected();
  }

  #beat(stream: Duplex): void {
    if (performance.now() - this.#heardAt > silenceMs) stream.destroy();
    else this.send({ type: 'ping' });
  }

  #lost(stream: Duplex): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    clearInterval(this.#heartbeat);
    this.#writable();
    this.#failed(this.#lostContact());
  }

  #lostContact(): MegalithError {
    return new MegalithError('CONTACT_LOST', `the connection to ${this.#options.name} was lost`);
  }

  /** There is no connection, and perhaps there will be one. */
  #failed(error: unknown): void {
    if (this.#runs.size === 0) return;
    const now = performance.now();
    const isHopeless = isMegalithError(error) && lastingFailures.has(error.code);
    // The machine is no more, and its jobs with it.
    const isGone = isMegalithError(error) && error.code === 'AGENT_LOST';
    const hasJobsThere = [...this.#runs.values()].some(run => run.wasSent);
    // What was never there is not waited for: the first contact says what is wrong.
    if (isGone || isHopeless || !hasJobsThere) {
      for (const run of [...this.#runs.values()]) {
        run.fail(run.wasSent && !isGone ? this.#contactLost(run, error) : error);
      }
      return;
    }
    this.#lostAt ??= now;
    const { patienceMs = defaultPatienceMs, random = Math.random } = this.#options;
    const lostMs = now - this.#lostAt;
    if (lostMs > patienceMs) {
      for (const run of [...this.#runs.values()]) run.fail(this.#contactLost(run, error));
      return;
    }
    const backoffMs = Math.min(longestBackoffMs, Math.max(firstBackoffMs, lostMs)) * (0.5 + random() / 2);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#connect();
    }, backoffMs);
  }

  #contactLost(run: DurableRun, cause: unknown): MegalithError {
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    return new MegalithError('CONTACT_LOST', `contact with ${this.#options.name} is lost${reason}`, {
      hint: `the job goes on there: \`megalith jobs attach ${run.id}\` when it can be reached again`,
      details: { id: run.id, machine: this.#options.name },
      cause,
    });
  }

  #writable(): void {
    this.#onDrained?.();
    this.#onDrained = undefined;
    this.#drained = undefined;
  }

  #entry(payload: Buffer): void {
    const run = this.#runs.get(payload.readUInt32LE(0));
    const lane = payload.readUInt32LE(4) === 1 ? 'logs' : 'events';
    run?.entry(lane, payload.readDoubleLE(8), payload.subarray(16));
  }

  #receive(message: HostMessage): void {
    switch (message.type) {
      case 'ready':
        // A relay opens a stream before it knows whether anybody listens: only an answer ends a loss.
        this.#lostAt = undefined;
        if (message.version === protocolVersion) this.#machine = message.machine;
        else this.#otherVersion(message.version);
        return;
      case 'accepted':
        this.#runs.get(message.job)?.accepted(message);
        return;
      case 'kept':
        this.#runs.get(message.job)?.kept(message.tasks);
        return;
      case 'credit':
        this.#runs.get(message.job)?.credit(message.tasks, message.bytes);
        return;
      case 'jobFailed':
        this.#runs.get(message.job)?.fail(failureError(message.failure));
        return;
      case 'jobEnded':
        this.#runs.get(message.job)?.end();
        return;
      case 'pong':
        if (message.mark !== undefined) for (const run of this.#runs.values()) run.pong(message.mark);
    }
  }

  #otherVersion(version: number): void {
    const error = new MegalithError(
      'PROTOCOL',
      `the agent on ${this.#options.name} speaks version ${version} of the protocol, and this client ${protocolVersion}`,
      { hint: 'use the same release of Megalith on both sides' },
    );
    for (const run of [...this.#runs.values()]) run.fail(error);
    this.#stream?.destroy();
  }
}
