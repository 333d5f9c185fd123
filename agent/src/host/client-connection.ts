import type { Socket } from 'node:net';
import { FrameReader, frameType, readMessage, writeFrame, writeMessage } from '../protocol/frame.js';
import { type ClientMessage, type HostMessage, protocolVersion } from '../protocol/messages.js';
import { readTasks, type TaskSpan } from '../protocol/tasks.js';
import type { HostJob, JobClient } from './host-job.js';

/** What a connection asks of the host. */
export interface ConnectionHandler {
  submit(connection: ClientConnection, message: ClientMessage & { type: 'submit' }): void;
  tasks(connection: ClientConnection, job: number, span: TaskSpan): void;
  shared(connection: ClientConnection, job: number, position: number, bytes: Buffer): void;
  end(connection: ClientConnection, job: number, taskCount: number): void;
  cancel(connection: ClientConnection, job: number, reason: string, indexes?: readonly number[]): void;
  closed(connection: ClientConnection): void;
}

/** One client: the program that started this host, or a task of it that starts jobs of its own. */
export class ClientConnection implements JobClient {
  readonly #socket: Socket;
  readonly #waiting: (() => void)[] = [];
  insideSlot: number | undefined;
  readonly jobs = new Map<number, HostJob>();

  constructor(socket: Socket, handler: ConnectionHandler, ready: HostMessage) {
    this.#socket = socket;
    const reader = new FrameReader((type, payload) => {
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
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
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
      case 'end':
        handler.end(this, message.job, message.taskCount);
        return;
      case 'cancel':
        handler.cancel(this, message.job, message.reason, message.indexes);
        return;
      case 'release':
        this.jobs.delete(message.job);
    }
  }

  send(message: HostMessage): void {
    if (this.#socket.writable) writeMessage(this.#socket, message);
  }

  sendRecords(records: Buffer): boolean {
    if (!this.#socket.writable) return true;
    return writeFrame(this.#socket, frameType.records, [records]);
  }

  onDrained(callback: () => void): void {
    if (this.#socket.writableNeedDrain) this.#waiting.push(callback);
    else callback();
  }

  #caughtUp(): void {
    for (const callback of this.#waiting.splice(0)) callback();
  }

  close(): void {
    this.#socket.destroy();
  }
}
