import type { Duplex } from 'node:stream';
import type { MessagePort, Worker } from 'node:worker_threads';
import { frameType, writeFrame, writeMessage } from '../protocol/frame.js';
import type { Failure } from '../protocol/messages.js';
import { nextTicket, openTickets, revokeTickets, ticketAfter } from './claims.js';
import { readFromRing } from './ring.js';
import { type SlotMemory, word } from './slot-memory.js';
import type { FromExecutor, FromSlot, ToExecutor } from './slot-messages.js';

/** The control side's view of one executor thread: passes tasks down, takes records out of shared memory, answers nudges. */
export class ExecutorLink {
  readonly executor: number;
  readonly memory: SlotMemory;
  readonly #port: MessagePort | Worker;
  readonly #socket: Duplex;
  readonly #prefix = Buffer.alloc(4);
  /** The ticket after the last one that came. */
  #issued = 0;
  #held: (() => void)[] | undefined;
  /** Where the counter stood when it was closed. */
  #closedAt: number | undefined = 0;

  constructor(executor: number, memory: SlotMemory, port: MessagePort | Worker, socket: Duplex) {
    this.executor = executor;
    this.memory = memory;
    this.#port = port;
    this.#socket = socket;
    this.#prefix.writeUInt32LE(executor, 0);
    Atomics.store(memory.words, word.claim, -1);
    (port as MessagePort).on('message', (message: FromExecutor) => this.#receive(message));
  }

  send(message: ToExecutor, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#held === undefined) this.sendNow(message, transfer);
    else this.#held.push(() => this.sendNow(message, transfer));
  }

  /** Past all that is being held back. */
  sendNow(message: ToExecutor, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  /** Keeps what is sent from now on until the promise settles; where that gives false it is never sent. */
  async hold(until: Promise<boolean>): Promise<void> {
    this.#held = [];
    const pass = await until;
    const held = this.#held;
    this.#held = undefined;
    if (pass) for (const send of held) send();
  }

  sendTasks(ticket: number, bytes: Buffer, count: number): void {
    if (this.#closedAt !== undefined) {
      openTickets(this.memory.words, ticket);
      this.#closedAt = undefined;
    }
    this.#issued = ticketAfter(ticket, count);
    // A copy of its own, for a frame may share its memory with others.
    const own = new Uint8Array(bytes);
    this.send({ type: 'tasks', ticket, bytes: own }, [own.buffer as ArrayBuffer]);
  }

  nudge(revoke: boolean): void {
    if (revoke && this.#closedAt === undefined) this.#closedAt = revokeTickets(this.memory.words);
    // Whatever was finished before the counter closed is in the ring by now, or will be reported as usual.
    this.drain();
    this.#tell({
      type: 'state',
      executor: this.executor,
      next: this.next,
      revoked: this.#closedAt !== undefined,
      startedAt: this.memory.startedAt,
    });
  }

  /** The first ticket that was not begun. */
  get next(): number {
    return this.#closedAt ?? nextTicket(this.memory.words) ?? this.#issued;
  }

  /** Sends on what the ring holds, unless the host is slow to read: then the ring fills, and the task waits. */
  drain(): void {
    Atomics.store(this.memory.words, word.pinged, 0);
    if (this.#socket.writableNeedDrain) {
      this.#socket.once('drain', () => this.drain());
      return;
    }
    const records = readFromRing(this.memory);
    if (records !== undefined) writeFrame(this.#socket, frameType.records, [this.#prefix, records]);
  }

  /** Says that the executor is ending, after everything that it had finished. */
  ending(end: {
    readonly exitCode: number;
    readonly outOfMemory: boolean;
    readonly blameless: boolean;
    readonly message?: string;
  }): void {
    this.#closedAt ??= revokeTickets(this.memory.words);
    const records = readFromRing(this.memory);
    if (records !== undefined) writeFrame(this.#socket, frameType.records, [this.#prefix, records]);
    this.#tell({ type: 'ending', executor: this.executor, next: this.next, ...end });
  }

  #receive(message: FromExecutor): void {
    switch (message.type) {
      case 'ping':
        this.drain();
        return;
      case 'large':
        this.#sendLarge(message.bytes);
        return;
      case 'up':
        this.#tell({ type: 'up', executor: this.executor, startedAt: message.startedAt });
        return;
      case 'loaded':
        this.#tell({ type: 'loaded', executor: this.executor, job: message.job });
        Atomics.store(this.memory.words, word.loadedTold, 1);
        Atomics.notify(this.memory.words, word.loadedTold);
        return;
      case 'loadFailed':
        this.#loadFailed(message.job, message.failure);
        return;
      case 'ending':
        this.ending({ ...message, outOfMemory: false });
        // An empty write's callback runs when all before it has left the process.
        this.#socket.write('', () => {
          Atomics.store(this.memory.words, word.flushed, 1);
          Atomics.notify(this.memory.words, word.flushed);
        });
    }
  }

  #loadFailed(job: number, failure: Failure): void {
    this.#tell({ type: 'loadFailed', executor: this.executor, job, failure });
  }

  #sendLarge(bytes: Uint8Array): void {
    const records = readFromRing(this.memory);
    if (records !== undefined) writeFrame(this.#socket, frameType.records, [this.#prefix, records]);
    writeFrame(this.#socket, frameType.records, [this.#prefix, bytes]);
    const sent = (): void => {
      Atomics.sub(this.memory.words, word.largePending, bytes.length);
      Atomics.notify(this.memory.words, word.largePending);
    };
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', sent);
    else sent();
  }

  #tell(message: FromSlot): void {
    writeMessage(this.#socket, message);
  }
}
