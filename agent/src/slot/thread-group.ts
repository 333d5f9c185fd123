import { Socket } from 'node:net';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Failure } from '../protocol/messages.js';
import { serveControl, tellHost } from './control.js';
import { Executor } from './executor.js';
import { ExecutorLink } from './executor-link.js';
import { hostDescriptor } from './process-slot.js';
import { openShared } from './shared-memory.js';
import { SlotMemory } from './slot-memory.js';
import type { SharedView, ToSlot } from './slot-messages.js';
import { threadMeter } from './task-meter.js';

export interface ExecutorThreadData {
  readonly role: 'executor';
  readonly slot: number;
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** Entrance of a process whose slots are threads: the socket is on the main thread, and no user code ever. */
export function runThreadGroup(entryFile: URL): void {
  const socket = new Socket({ fd: hostDescriptor, readable: true, writable: true });
  const threads = new Map<number, { readonly link: ExecutorLink; readonly worker: Worker }>();
  const sharing = new Map<number, Promise<readonly SharedView[] | undefined>>();

  const addThread = ({ executor, maxHeapMiB }: ToSlot & { type: 'addThread' }): void => {
    const memory = new SlotMemory();
    const { port1, port2 } = new MessageChannel();
    const data: ExecutorThreadData = { role: 'executor', slot: executor, memory: memory.buffer, port: port2 };
    const worker = new Worker(entryFile, {
      workerData: data,
      transferList: [port2],
      execArgv: [],
      ...(maxHeapMiB === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB } }),
    });
    const link = new ExecutorLink(executor, memory, port1, socket);
    threads.set(executor, { link, worker });
    let error: (Error & { code?: string }) | undefined;
    worker.on('error', thrown => {
      error = thrown;
    });
    worker.on('exit', exitCode => {
      threads.delete(executor);
      port1.close();
      link.ending({
        exitCode,
        outOfMemory: error?.code === 'ERR_WORKER_OUT_OF_MEMORY',
        blameless: error !== undefined && error.code !== 'ERR_WORKER_OUT_OF_MEMORY',
        ...(error === undefined ? {} : { message: error.stack ?? error.message }),
      });
    });
  };

  /** The module may come only after the shared inputs that its tasks see; without them it never does. */
  const load = (message: ToSlot & { type: 'load' }): void => {
    const link = threads.get(message.executor)?.link;
    const views = sharing.get(message.load.job);
    const share = async (): Promise<boolean> => {
      const ready = await views;
      if (ready === undefined) return false;
      link?.sendNow({ type: 'share', job: message.load.job, views: ready });
      return true;
    };
    if (views !== undefined) void link?.hold(share());
    link?.send({ type: 'load', load: message.load });
  };

  serveControl(socket, {
    link: executor => threads.get(executor)?.link,
    addThread,
    // A thread in a synchronous loop ends at once too.
    endThread: executor => void threads.get(executor)?.worker.terminate(),
    share: ({ job, origins }) => {
      const views = Promise.all(origins.map(origin => openShared(origin, entryFile)));
      sharing.set(
        job,
        views.catch((error: unknown) => {
          const failure: Failure = {
            code: 'CANNOT_SHARE',
            message: error instanceof Error ? error.message : String(error),
          };
          tellHost(socket, { type: 'shareFailed', job, failure });
          return undefined;
        }),
      );
    },
    load,
    forget: job => void sharing.delete(job),
    end: () => process.kill(-process.pid, 'SIGKILL'),
  });
}

/** An executor thread of the group. */
export function runExecutorThread({ slot, memory, port }: ExecutorThreadData): void {
  process.setSourceMapsEnabled(true);
  process.env.MEGALITH_SLOT = String(slot);
  const executor = new Executor({
    slot,
    memory: new SlotMemory(memory),
    port,
    meter: threadMeter(),
    canChangeFolder: false,
  });
  process.on('uncaughtException', (error: unknown) => {
    // As in a process slot: an error between tasks belongs to a task that has its result.
    if (executor.busy) throw error;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  });
  executor.start();
}
