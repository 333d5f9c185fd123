import type { Duplex } from 'node:stream';
import {
  type ClientMessage,
  FrameReader,
  frameType,
  type HostMessage,
  type MachineInfo,
  MegalithError,
  protocolVersion,
  readMessage,
  readRecords,
  writeFrame,
  writeMessage,
} from '@megalith/agent';
import type { BackendJob, JobRun } from '../backend.js';
import { AgentRun, type AgentWire } from './agent-run.js';
import { failureError } from './failure-error.js';

export interface AgentConnectionOptions {
  /** Set inside a task: the slot where it runs, whose cpus its own jobs may use while it waits. */
  readonly insideSlot?: number;
  /** Called when the number of running jobs turns from none to some, and back. */
  readonly onBusy?: (busy: boolean) => void;
  /** What is known of the agent's death, for the error. */
  readonly lastWords?: () => string;
}

/** The client's end of the wire to a job host, over any stream. */
export class AgentConnection implements AgentWire {
  /** What the machine has; rejects when the other side is lost or speaks another version. */
  readonly machine: Promise<MachineInfo>;
  readonly #stream: Duplex;
  readonly #options: AgentConnectionOptions;
  readonly #runs = new Map<number, AgentRun>();
  #lastJob = 0;
  #open = true;
  #drained: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;
  #machineKnown!: (machine: MachineInfo) => void;
  #machineLost!: (error: MegalithError) => void;

  constructor(stream: Duplex, options: AgentConnectionOptions = {}) {
    this.#stream = stream;
    this.#options = options;
    this.machine = new Promise((resolve, reject) => {
      this.#machineKnown = resolve;
      this.#machineLost = reject;
    });
    // Whoever waits for the machine gets the reason; nobody may.
    this.machine.catch(() => undefined);
    const reader = new FrameReader((type, payload) => {
      if (type === frameType.records) this.#records(payload);
      else this.#receive(readMessage(payload) as HostMessage);
    });
    stream.on('data', (chunk: Buffer) => reader.push(chunk));
    stream.on('drain', () => this.#writable());
    stream.on('close', () => this.#lost());
    stream.on('error', () => stream.destroy());
    const { insideSlot } = options;
    this.send({ type: 'hello', version: protocolVersion, ...(insideSlot === undefined ? {} : { insideSlot }) });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  run(job: BackendJob): JobRun {
    const number = ++this.#lastJob;
    const run = new AgentRun(number, job, this);
    if (this.#runs.size === 0) this.#options.onBusy?.(true);
    this.#runs.set(number, run);
    if (this.#open) run.start();
    else this.#lost();
    return run;
  }

  send(message: ClientMessage): void {
    if (this.#open) writeMessage(this.#stream, message);
  }

  async sendFrame(type: typeof frameType.tasks | typeof frameType.shared, parts: readonly Uint8Array[]): Promise<void> {
    if (!this.#open || writeFrame(this.#stream, type, parts)) return;
    // One listener for all runs that wait.
    this.#drained ??= new Promise(resolve => {
      this.#onDrained = resolve;
    });
    await this.#drained;
  }

  #writable(): void {
    this.#onDrained?.();
    this.#onDrained = undefined;
    this.#drained = undefined;
  }

  over(number: number): void {
    if (this.#runs.delete(number) && this.#runs.size === 0) this.#options.onBusy?.(false);
  }

  close(): void {
    this.#stream.destroy();
  }

  #records(payload: Buffer): void {
    const events = readRecords(payload);
    const first = events[0];
    if (first !== undefined) this.#runs.get(first.job)?.receive(events);
  }

  #receive(message: HostMessage): void {
    switch (message.type) {
      case 'ready':
        if (message.version === protocolVersion) {
          this.#machineKnown(message.machine);
          return;
        }
        this.#machineLost(
          new MegalithError(
            'PROTOCOL',
            `the agent speaks version ${message.version} of the protocol, and this client ${protocolVersion}`,
            {
              hint: 'use the same release of Megalith on both sides',
            },
          ),
        );
        this.close();
        return;
      case 'credit':
        this.#runs.get(message.job)?.credit(message.tasks, message.bytes);
        return;
      case 'jobFailed':
        this.#runs.get(message.job)?.fail(failureError(message.failure));
        return;
      case 'jobEnded':
        this.#runs.get(message.job)?.end();
    }
  }

  #lost(): void {
    this.#open = false;
    this.#writable();
    const words = this.#options.lastWords?.() ?? '';
    const error = new MegalithError('AGENT_LOST', `the job host is gone${words === '' ? '' : `: ${words}`}`, {
      hint: 'what was finished is in the journal: see `megalith jobs`',
    });
    this.#machineLost(error);
    for (const run of [...this.#runs.values()]) run.fail(error);
  }
}
