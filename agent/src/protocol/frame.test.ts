import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frameType, readMessage, writeFrame, writeMessage } from './frame.js';

/** Everything that a stream was given. */
function written(write: (stream: PassThrough) => void): Buffer {
  const stream = new PassThrough({ highWaterMark: 2 ** 24 });
  write(stream);
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

describe('frames', () => {
  it('come out whole and in order, however the bytes were cut', () => {
    const frame = fc.record({
      type: fc.constantFrom(...Object.values(frameType)),
      parts: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 30 }), (frames, cuts) => {
        const bytes = written(stream => {
          for (const { type, parts } of frames) writeFrame(stream, type, parts);
        });
        const seen: { type: number; bytes: string }[] = [];
        const reader = new FrameReader((type, payload) => seen.push({ type, bytes: payload.toString('hex') }));
        let from = 0;
        for (const cut of [...new Set(cuts)].sort((a, b) => a - b)) {
          reader.push(bytes.subarray(from, cut));
          from = Math.max(from, Math.min(cut, bytes.length));
        }
        reader.push(bytes.subarray(from));
        expect(seen).toEqual(frames.map(({ type, parts }) => ({ type, bytes: Buffer.concat(parts).toString('hex') })));
      }),
    );
  });

  it('carry messages', () => {
    const message = { type: 'cancel', job: 3, indexes: [1, 2], reason: 'no longer needed' };
    const seen: unknown[] = [];
    new FrameReader((_type, payload) => seen.push(readMessage(payload))).push(written(s => writeMessage(s, message)));
    expect(seen).toEqual([message]);
  });
});
