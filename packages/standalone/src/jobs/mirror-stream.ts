import type { Duplex } from 'node:stream';
import {
  type ClientMessage,
  FrameReader,
  frameType,
  type HostMessage,
  type JobDescription,
  type JobSummary,
  MegalithError,
  protocolVersion,
  readMessage,
  writeMessage,
} from '@megalith/agent';
import { failureError } from '@megalith/core';
import type { JobCopy } from './job-copy.js';

/** An agent drops a client that it has not heard of for 90 s, and answers at once unless its machine hangs. */
const pingEveryMs = 20_000;
const silenceMs = 60_000;
const answerDeadlineMs = 30_000;

/** How one stream of a mirror ended. `differs`: the copy is not of what is there, and has to begin again. */
export type MirrorEnd =
  | { readonly kind: 'differs' }
  | {
      readonly kind: 'mirrored';
      readonly description: JobDescription;
      readonly summary: JobSummary | undefined;
      /** Nothing more will ever come. */
      readonly isOver: boolean;
    };

export interface MirrorStreamOptions {
  readonly id: string;
  readonly from: number;
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
  /** The agent has begun to answer. */
  readonly onContact: () => void;
}

/**
 * Asks an agent for a job's journal and writes the copy with what comes. The stream is over afterwards.
 * @throws MegalithError what the agent refused with; PROTOCOL, CONTACT_LOST, TIMED_OUT, DISK_FULL; with a signal, its reason
 */
export async function mirrorOver(stream: Duplex, copy: JobCopy, options: MirrorStreamOptions): Promise<MirrorEnd> {
  const { id, from, follow, signal } = options;
  let heardAt = performance.now();
  let description: JobDescription | undefined;
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  try {
    return await new Promise<MirrorEnd>((resolve, reject) => {
      abort = () => reject(signal?.reason as Error);
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
      const hear = (message: HostMessage): void => {
        if (message.type === 'ready' && message.version !== protocolVersion) reject(otherVersion(message.version));
        else if (message.type === 'refused') reject(failureError(message.failure));
        else if (message.type === 'mirror') {
          description = message.description as JobDescription;
          options.onContact();
          if (!copy.describe(description)) resolve({ kind: 'differs' });
        } else if (message.type === 'mirrored' && description !== undefined) {
          const { isOver } = message;
          const summary = message.summary as JobSummary | undefined;
          resolve({ kind: 'mirrored', description, summary, isOver: isOver || summary !== undefined });
        }
      };
      const reader = new FrameReader((type, payload) => {
        if (type === frameType.control) hear(readMessage(payload) as HostMessage);
        else if (type === frameType.journal && !copy.write(payload)) resolve({ kind: 'differs' });
      });
      stream.on('data', (chunk: Buffer) => {
        heardAt = performance.now();
        try {
          reader.push(chunk);
        } catch (error) {
          reject(error as Error);
        }
      });
      stream.on('error', () => stream.destroy());
      stream.once('close', () => reject(gone()));
      timer = setInterval(() => {
        const limitMs = description === undefined ? answerDeadlineMs : silenceMs;
        if (performance.now() - heardAt > limitMs) reject(silent(limitMs));
        else send(stream, { type: 'ping' });
      }, pingEveryMs / 2);
      send(stream, { type: 'hello', version: protocolVersion });
      send(stream, { type: 'mirror', id, from, follow });
    });
  } finally {
    clearInterval(timer);
    if (abort !== undefined) signal?.removeEventListener('abort', abort);
    // What is still on its way is not for the copy any more.
    stream.removeAllListeners('data');
    stream.destroy();
  }
}

function send(stream: Duplex, message: ClientMessage): void {
  writeMessage(stream, message);
}

function gone(): MegalithError {
  return new MegalithError('CONTACT_LOST', 'the agent ended the connection');
}

function silent(ms: number): MegalithError {
  return new MegalithError('TIMED_OUT', `the agent said nothing for ${ms / 1000} s`);
}

function otherVersion(version: number): MegalithError {
  return new MegalithError('PROTOCOL', `the agent speaks version ${version}, and this client ${protocolVersion}`, {
    hint: 'use the same release of Megalith on both sides',
  });
}
