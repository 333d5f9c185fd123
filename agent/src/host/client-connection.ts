import type { Duplex } from 'node:stream';
import type { Feed } from '../durable/durable-job.js';
import type { JobReader } from '../durable/job-reader.js';
import { FrameReader, frameType, readMessage, writeFrame, writeMessage } from '../protocol/frame.js';
import type { MachineRequest } from '../protocol/machine-messages.js';
import { type ClientMessage, type HostMessage, protocolVersion } from '../protocol/messages.js';
import { readTasks, type TaskSpan } from '../protocol/tasks.js';
import type { HostJob, JobClient } from './host-job.js';

/** What a connection asks of the host. */
export interface ConnectionHandler {
  submit(connection: ClientConnection, message: ClientMessage & { type: 'submit' }): void;
  tasks(connection: ClientConnection, job: number, span: TaskSpan): void;
  shared(connection: ClientConnection, job: number, position: number, bytes: Buffer): void;
  filesReady(connection: ClientConnection, job: number): void;
  end(connection: ClientConnection, job: number, taskCount: number): void;
  cancel(connection: ClientConnection, job: number, reason: string, indexes?: readonly number[]): void;
  release(connection: ClientConnection, job: number): void;
  request(connection: ClientConnection, request: MachineRequest): void;
  closed(connection: ClientConnection): void;
}

/** One client: the program that started this host, a task of it that starts jobs of its own, or anyone with access to a machine's agent. */
export class ClientConnection implements JobClient {
  readonly #socket: Duplex;
  readonly #waiting: (() => void)[] = [];
  #reader: FrameReader | undefined;
  #heardAt = performance.now();
  insideSlot: number | undefined;
  readonly jobs = new Map<number, HostJob>();
  /** Of the durable jobs among them. */
  readonly feeds = new Map<number, Feed & { readonly sharedBytes: number[] }>();
  readonly readers = new Map<number, JobReader>();

  constructor(socket: Duplex, handler: ConnectionHandler, ready: HostMessage) {
    this.#socket = socket;
    this.#reader = new FrameReader((type, payload) => {
      switch (type) {
        case frameType.tasks: {
          const { job, span } = readTasks(payload);
          handler.tasks(this, job, span);
          return;
        }
        case frameType.shared:
          handler.shared(this, payload.readUInt32LE(0), payload.readUInt32LE(4), payload.subarray(8));
          return;
        case frameType.control:
          this.#receive(readMessage(payload) as ClientMessage, handler, ready);
      }
    });
    socket.on('data', (chunk: Buffer) => {
      this.#heardAt = performance.now();
      this.#reader?.push(chunk);
    });
    socket.on('drain', () => this.#caughtUp());
    socket.on('close', () => {
      this.#caughtUp();
      handler.closed(this);
    });
    // `close` follows; a client that vanished is no error of the host.
    socket.on('error', () => socket.destroy());
  }

  #receive(message: ClientMessage, handler: ConnectionHandler, ready: HostMessage): void {
    switch (message.type) {
      case 'hello':
        this.insideSlot = message.insideSlot;
        this.send(ready);
        if (message.version !== protocolVersion) this.#socket.end();
        return;
      case 'submit':
        handler.submit(this, message);
        return;
      case 'ping':
        if (message.mark === undefined) this.send({ type: 'pong' });
        else void this.#pong(message.mark);
        return;
      case 'filesReady':
        handler.filesReady(this, message.job);
        return;
      case 'end':
        handler.end(this, message.job, message.taskCount);
        return;
      case 'cancel':
        handler.cancel(this, message.job, message.reason, message.indexes);
        return;
      case 'release':
        handler.release(this, message.job);
        return;
      default:
        handler.request(this, message);
    }
  }

  /** It has jobs here, reads one that is over, or moves files; others only ask, or wait for work of their own. */
  get isWorking(): boolean {
    return this.jobs.size > 0 || this.readers.size > 0 || this.#reader === undefined;
  }

  /** All that was sent before the mark is on disk, or its job has failed, which is told elsewhere. */
  async #pong(mark: number): Promise<void> {
    await Promise.allSettled([...this.jobs.values()].map(job => job.journal.flush()));
    this.send({ type: 'pong', mark });
  }

  /** Time since anything came, milliseconds. A stream that was handed over is its new owner's to watch. */
  get silentMs(): number {
    return this.#reader === undefined ? 0 : performance.now() - this.#heardAt;
  }

  send(message: HostMessage): void {
    if (this.#socket.writable) writeMessage(this.#socket, message);
  }

  /** Writes a frame; false asks to pause until `onDrained` calls back. */
  sendFrame(type: typeof frameType.entries | typeof frameType.journal, parts: readonly Uint8Array[]): boolean {
    return !this.#socket.writable || writeFrame(this.#socket, type, parts);
  }

  sendRecords(records: Buffer): boolean {
    if (!this.#socket.writable) return true;
    return writeFrame(this.#socket, frameType.records, [records]);
  }

  onDrained(callback: () => void): void {
    if (this.#socket.writableNeedDrain) this.#waiting.push(callback);
    else callback();
  }

  /** Gives the stream away: from here on its bytes are somebody else's. The client must not have sent any yet. */
  handOver(): Duplex {
    this.#reader = undefined;
    this.#socket.removeAllListeners('data');
    return this.#socket;
  }

  #caughtUp(): void {
    for (const callback of this.#waiting.splice(0)) callback();
  }

  /** Ends the connection once all that was sent is on its way. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}
