import type { Duplex } from 'node:stream';
import {
  type ClientMessage,
  FrameReader,
  frameType,
  type HostMessage,
  type LeaseReply,
  type MachineReply,
  type MachineRequest,
  MegalithError,
  protocolVersion,
  readMessage,
  writeMessage,
} from '@megalith/agent';
import { failureError } from '@megalith/core';

/** An agent answers at once, unless its disk or its machine hangs, milliseconds. */
const answerDeadlineMs = 30_000;

type ReplyOf<R extends MachineRequest> = R extends { type: 'status' }
  ? MachineReply & { type: 'status' }
  : R extends { type: 'jobs' }
    ? MachineReply & { type: 'jobs' }
    : R extends { type: 'lease' }
      ? LeaseReply
      : MachineReply & { type: 'ok' };

/**
 * Asks an agent one thing on a stream of its own, which is then ended.
 * @throws MegalithError what the agent refused with; PROTOCOL, CONTACT_LOST, TIMED_OUT
 */
export async function askAgent<R extends MachineRequest>(stream: Duplex, request: R): Promise<ReplyOf<R>> {
  try {
    return (await ask(stream, request)) as ReplyOf<R>;
  } finally {
    stream.destroy();
  }
}

/** Turns a stream to an agent into one for the transfer of a job's files. */
export async function openFiles(stream: Duplex, id: string): Promise<Duplex> {
  try {
    await ask(stream, { type: 'files', id });
    return stream;
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

async function ask(stream: Duplex, request: MachineRequest): Promise<HostMessage> {
  const ended = new AbortController();
  const deadline = setTimeout(() => ended.abort(silent()), answerDeadlineMs);
  const answers: HostMessage[] = [];
  let wake: (() => void) | undefined;
  const reader = new FrameReader((type, payload) => {
    if (type !== frameType.control) return;
    answers.push(readMessage(payload) as HostMessage);
    wake?.();
  });
  const onData = (chunk: Buffer): void => reader.push(chunk);
  const onClose = (): void => ended.abort(gone());
  const onError = (): boolean => stream.destroy() !== undefined;
  // Over SSH a socket that nobody serves any more ends, and stays half open.
  stream.on('data', onData).on('end', onClose).on('close', onClose).on('error', onError);
  try {
    for (const message of [{ type: 'hello', version: protocolVersion }, request] satisfies ClientMessage[]) {
      writeMessage(stream, message);
    }
    for (;;) {
      for (const answer of answers.splice(0)) {
        if (answer.type === 'ready' && answer.version !== protocolVersion) throw otherVersion(answer.version);
        if (answer.type === 'refused') throw failureError(answer.failure);
        if (answer.type !== 'ready' && answer.type !== 'pong') return answer;
      }
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        if (answers.length > 0) resolve();
        if (ended.signal.aborted) reject(ended.signal.reason as Error);
        ended.signal.addEventListener('abort', () => reject(ended.signal.reason as Error), { once: true });
      });
    }
  } finally {
    clearTimeout(deadline);
    stream.off('data', onData).off('end', onClose).off('close', onClose);
    stream.pause();
  }
}

function silent(): MegalithError {
  return new MegalithError('TIMED_OUT', `the agent did not answer within ${answerDeadlineMs / 1000} s`);
}

function gone(): MegalithError {
  return new MegalithError('CONTACT_LOST', 'the agent ended the connection without an answer');
}

function otherVersion(version: number): MegalithError {
  return new MegalithError('PROTOCOL', `the agent speaks version ${version}, and this client ${protocolVersion}`, {
    hint: 'use the same release of Megalith on both sides',
  });
}
