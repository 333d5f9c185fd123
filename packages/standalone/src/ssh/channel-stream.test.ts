import { PassThrough, Writable } from 'node:stream';
import type { Channel } from 'ssh2';
import { expect, it } from 'vitest';
import { ChannelStream } from './channel-stream.js';

/** A stream that keeps what is written to it, piece by piece. */
class Written extends Writable {
  readonly pieces: Buffer[] = [];
  override _write(piece: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.pieces.push(piece);
    callback();
  }
}

it('sends what is written together in as few packets as it fits into, in order', async () => {
  const [channel, wire] = [new Written(), new PassThrough()];
  const stream = new ChannelStream(channel as unknown as Channel, wire);
  const pieces = [5, 20, 40_000, 5, 30_000, 2_763, 1].map((length, i) => Buffer.alloc(length, i));
  stream.cork();
  for (const piece of pieces) stream.write(piece);
  const sent = new Promise(resolve => stream.write('end', resolve));
  stream.uncork();
  await sent;
  expect(channel.pieces.map(piece => piece.length)).toEqual([25, 40_000, 32_768, 4]);
  expect(Buffer.concat(channel.pieces).equals(Buffer.concat([...pieces, Buffer.from('end')]))).toBe(true);
  expect(wire.writableCorked).toBe(0);
});
