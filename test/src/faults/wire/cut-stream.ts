import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Where a connection breaks: after so many bytes in one direction. What is beyond them never arrives. */
export interface Cut {
  readonly direction: 'there' | 'back';
  readonly afterBytes: number;
}

/** The client's end of a socket that breaks at a given byte, in the middle of a frame or not. */
export function cutStream(socket: Socket, cut: Cut | undefined): Duplex {
  let left = cut?.afterBytes ?? Number.POSITIVE_INFINITY;
  const through = (direction: Cut['direction'], chunk: Buffer): Buffer => {
    if (cut?.direction !== direction) return chunk;
    const part = chunk.subarray(0, Math.min(left, chunk.length));
    left -= chunk.length;
    return part;
  };
  const stream = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, callback) {
      const part = through('there', chunk);
      socket.write(part, () => {
        if (left < 0) stream.destroy();
        callback();
      });
    },
    final: callback => void socket.end(callback),
    destroy(error, callback) {
      socket.destroy();
      callback(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    const part = through('back', chunk);
    if (part.length > 0 && !stream.push(part)) socket.pause();
    if (left < 0) stream.destroy();
  });
  socket.on('end', () => stream.push(null));
  socket.on('close', () => stream.destroy());
  socket.on('error', () => stream.destroy());
  return stream;
}
