import { serialize } from 'node:v8';
import { FrameReader, type FrameType, frameType, readMessage } from '../protocol/frame.js';
import type { ClientMessage, JobSpec } from '../protocol/messages.js';
import { readTasks } from '../protocol/tasks.js';
import { malformed } from './read-request.js';

export interface Frame {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

/** What a client's frames ask for: one job, all of it. */
export interface CallFrames {
  readonly spec: JobSpec;
  /** The tasks that came. */
  readonly tasks: readonly { readonly index: number; readonly attempt: number }[];
  /** The same frames as bytes, in parts, with the job's description changed. */
  with(spec: JobSpec): readonly Uint8Array[];
}

/** @throws MegalithError PROTOCOL for frames that are not one whole job */
export function readCallFrames(bytes: Buffer): CallFrames {
  const frames: Frame[] = [];
  const tasks: { index: number; attempt: number }[] = [];
  let submit: { readonly at: number; readonly message: ClientMessage & { type: 'submit' } } | undefined;
  let hasEnd = false;
  let length = 0;
  const reader = new FrameReader((type, payload) => {
    length += headLength + payload.length;
    if (type === frameType.control) {
      const message = readMessage(payload) as ClientMessage;
      // What concerns a connection that lasts has no meaning here.
      if (message.type !== 'submit' && message.type !== 'end' && message.type !== 'cancel') return;
      if (message.type === 'end') hasEnd = true;
      if (message.type === 'submit') {
        if (submit !== undefined) throw malformed('it has two jobs');
        submit = { at: frames.length, message };
      }
    } else if (type === frameType.tasks) {
      const { span } = readTasks(payload);
      for (let task = 0; task < span.length; task++) {
        tasks.push({ index: span.indexOf(task), attempt: span.attemptOf(task) });
      }
    }
    frames.push({ type, payload });
  });
  reader.push(bytes);
  if (length !== bytes.length) throw malformed('its last frame is cut off');
  if (submit === undefined) throw malformed('it has no job');
  if (!hasEnd) throw malformed('its tasks have no end');
  const { at, message } = submit;
  return {
    spec: message.spec,
    tasks,
    with(spec) {
      const changed = { ...message, spec, durable: false };
      return frames.flatMap((frame, place) => frameParts(place === at ? controlFrame(changed) : frame));
    },
  };
}

/** Of a frame: u32 length, u8 type. */
export const headLength = 5;

export function controlFrame(message: unknown): Frame {
  return { type: frameType.control, payload: serialize(message) };
}

/** A frame as bytes, in parts. */
export function frameParts({ type, payload }: Frame): Uint8Array[] {
  const head = Buffer.allocUnsafe(headLength);
  head.writeUInt32LE(payload.length, 0);
  head[4] = type;
  return [head, payload];
}
