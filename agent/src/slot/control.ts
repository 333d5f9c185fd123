import type { Socket } from 'node:net';
import { FrameReader, frameType, readMessage, writeMessage } from '../protocol/frame.js';
import { readTasks } from '../protocol/tasks.js';
import type { ExecutorLink } from './executor-link.js';
import type { FromSlot, ToSlot } from './slot-messages.js';

/** What differs between a slot that is a process and a group of threads. */
export interface ControlHooks {
  link(executor: number): ExecutorLink | undefined;
  addThread?(message: ToSlot & { type: 'addThread' }): void;
  endThread?(executor: number): void;
  share?(message: ToSlot & { type: 'share' }): void;
  /** Before a module is loaded; passes the message on when the executor can take it. */
  load(message: ToSlot & { type: 'load' }): void;
  forget?(job: number): void;
  /** The host asked this process to end, or is gone. */
  end(): void;
}

const prefixLength = 8;

/** Serves the socket to the job host. */
export function serveControl(socket: Socket, hooks: ControlHooks): void {
  const reader = new FrameReader((type, payload) => {
    if (type === frameType.tasks) {
      const executor = payload.readUInt32LE(0);
      const ticket = payload.readUInt32LE(4);
      const tasks = payload.subarray(prefixLength);
      hooks.link(executor)?.sendTasks(ticket, tasks, readTasks(tasks).span.length);
      return;
    }
    const message = readMessage(payload) as ToSlot;
    switch (message.type) {
      case 'load':
        hooks.load(message);
        return;
      case 'forget':
        hooks.forget?.(message.job);
        hooks.link(message.executor)?.send({ type: 'forget', job: message.job });
        return;
      case 'abort':
        hooks.link(message.executor)?.send({ type: 'abort', ticket: message.ticket, reason: message.reason });
        return;
      case 'nudge':
        hooks.link(message.executor)?.nudge(message.revoke);
        return;
      case 'addThread':
        hooks.addThread?.(message);
        return;
      case 'endThread':
        hooks.endThread?.(message.executor);
        return;
      case 'share':
        hooks.share?.(message);
        return;
      case 'end':
        hooks.end();
    }
  });
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  // Without its host a slot has no purpose, and nobody else would end it.
  socket.on('close', () => hooks.end());
  socket.on('error', () => hooks.end());
}

export function tellHost(socket: Socket, message: FromSlot): void {
  writeMessage(socket, message);
}
