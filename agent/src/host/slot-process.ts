import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { signalGroup } from '../process/process-group.js';
import { FrameReader, frameType, readMessage, writeFrame, writeMessage } from '../protocol/frame.js';
import type { TaskSpan } from '../protocol/tasks.js';
import type { FromSlot, ToSlot } from '../slot/slot-messages.js';

/** How a slot process ended. */
export interface SlotProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderrTail: string;
}

export interface SlotProcessHooks {
  message(message: FromSlot): void;
  records(executor: number, payload: Buffer): void;
  /** Output that went around JavaScript: of a child process, or of native code. */
  output(stream: 'stdout' | 'stderr', bytes: Buffer): void;
  /** After everything that it had sent. */
  ended(end: SlotProcessEnd): void;
}

export interface SlotProcessOptions {
  readonly entryFile: string;
  readonly kind: 'slot' | 'threads';
  readonly id: number;
  readonly maxHeapMiB?: number;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const stderrTailLength = 8 * 1024;
/** How long the output pipes of a process that ended may stay open in the hands of its children, milliseconds. */
const lingerMs = 500;

/** A process with one slot, or with a group of threads; it leads its own process group. */
export class SlotProcess {
  readonly kind: 'slot' | 'threads';
  /** The limit of V8's heap, mebibytes, where it has one. */
  readonly maxHeapMiB: number | undefined;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  #stderrTail = '';

  constructor(options: SlotProcessOptions, hooks: SlotProcessHooks) {
    this.kind = options.kind;
    this.maxHeapMiB = options.maxHeapMiB;
    const flags = options.maxHeapMiB === undefined ? [] : [`--max-old-space-size=${options.maxHeapMiB}`];
    this.#child = spawn(process.execPath, [...flags, options.entryFile, options.kind, String(options.id)], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#socket = this.#child.stdio[3] as unknown as Socket;
    const reader = new FrameReader((type, payload) => {
      if (type === frameType.records) hooks.records(payload.readUInt32LE(0), payload.subarray(4));
      else hooks.message(readMessage(payload) as FromSlot);
    });
    this.#socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // A broken pipe is news of a death that `exit` tells with its cause.
    this.#socket.on('error', () => this.#socket.destroy());
    this.#child.stdout?.on('data', (chunk: Buffer) => hooks.output('stdout', chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString()).slice(-stderrTailLength);
      hooks.output('stderr', chunk);
    });
    this.#whenOver((exitCode, signal) => {
      this.kill();
      hooks.ended({ exitCode, signal, stderrTail: this.#stderrTail });
    });
  }

  /** Calls back once, after the process ended and what it had sent was read. */
  #whenOver(callback: (exitCode: number | null, signal: NodeJS.Signals | null) => void): void {
    let over = false;
    const once = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      if (over) return;
      over = true;
      callback(exitCode, signal);
    };
    this.#child.on('error', error => {
      this.#stderrTail += error.message;
      once(null, null);
    });
    this.#child.on('exit', (exitCode, signal) => {
      // A timer that is late fires before what came meanwhile is read.
      const linger = setTimeout(() => setImmediate(once, exitCode, signal), lingerMs);
      this.#child.on('close', () => {
        clearTimeout(linger);
        once(exitCode, signal);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToSlot): void {
    if (this.#socket.writable) writeMessage(this.#socket, message);
  }

  sendTasks(executor: number, ticket: number, job: number, span: TaskSpan): void {
    if (!this.#socket.writable) return;
    const head = Buffer.allocUnsafe(12);
    head.writeUInt32LE(executor, 0);
    head.writeUInt32LE(ticket, 4);
    head.writeUInt32LE(job, 8);
    writeFrame(this.#socket, frameType.tasks, [head, span.bytes]);
  }

  /** Reads nothing from the process until `resume`: its results and logs then wait on its side. */
  pause(): void {
    this.#socket.pause();
    this.#child.stdout?.pause();
    this.#child.stderr?.pause();
  }

  resume(): void {
    this.#socket.resume();
    this.#child.stdout?.resume();
    this.#child.stderr?.resume();
  }

  /** Ends the process and all that it started, at once. */
  kill(): void {
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
  }
}
