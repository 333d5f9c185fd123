import { Socket } from 'node:net';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { serveControl } from './control.js';
import { Executor } from './executor.js';
import { ExecutorLink } from './executor-link.js';
import { SlotMemory, word } from './slot-memory.js';
import { processMeter } from './task-meter.js';

/** The descriptor of the socket to the job host. */
export const hostDescriptor = 3;
/** The only executor of a process slot. */
export const soleExecutor = 0;
/** How long an exiting process waits for its last records to leave, milliseconds. */
const farewellMs = 2000;

export interface ControlThreadData {
  readonly role: 'control';
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
}

/**
 * Entrance of a slot that is a process: user code on this, the main thread; the socket in the care of a thread of its own,
 * which answers the host even while user code blocks this one.
 */
export function runProcessSlot(entryFile: URL, slot: number): void {
  // Bundles carry source maps: a stack then names the user's own lines.
  process.setSourceMapsEnabled(true);
  const memory = new SlotMemory();
  const { port1, port2 } = new MessageChannel();
  const data: ControlThreadData = { role: 'control', memory: memory.buffer, port: port2 };
  const control = new Worker(entryFile, { workerData: data, transferList: [port2], execArgv: [] });
  control.on('exit', () => process.exit());

  const executor = new Executor({ slot, memory, port: port1, meter: processMeter(), canChangeFolder: true });
  let farewell: { blameless: boolean; message?: string } = { blameless: false };

  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    // Between tasks the error belongs to a task that already has its result, and harms nobody.
    if (!executor.busy) return;
    farewell = { blameless: executor.tasksBegun > 1, message: text };
    process.exit(1);
  });
  process.on('exit', exitCode => {
    port1.postMessage({ type: 'ending', exitCode, ...farewell });
    Atomics.wait(memory.words, word.flushed, 0, farewellMs);
  });
  executor.start();
}

/** The control thread of a process slot. */
export function runControlThread({ memory, port }: ControlThreadData): void {
  const socket = new Socket({ fd: hostDescriptor, readable: true, writable: true });
  const link = new ExecutorLink(soleExecutor, new SlotMemory(memory), port, socket);
  serveControl(socket, {
    link: () => link,
    load: ({ load }) => link.send({ type: 'load', load }),
    // The process leads its group: this ends the main thread, however deep in a loop, and every child it left.
    end: () => process.kill(-process.pid, 'SIGKILL'),
  });
}
