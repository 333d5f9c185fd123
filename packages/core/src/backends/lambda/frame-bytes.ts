import { serialize } from 'node:v8';
import { type FrameType, frameType } from '@megalith/agent';

export interface Frame {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

const headLength = 5;

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
