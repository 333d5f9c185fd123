import { Duplex } from 'node:stream';
import { FrameReader, type OnFrame } from '../protocol/frame.js';

/** The far end of a connection to a job host, in the same process. */
export interface CallStream {
  readonly stream: Duplex;
  /** As if a client had sent these bytes. */
  send(parts: readonly Uint8Array[]): void;
  close(): void;
}

/** @param onFrame called for each frame that the host sends */
export function callStream(onFrame: OnFrame): CallStream {
  const reader = new FrameReader(onFrame);
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, written) {
      reader.push(chunk);
      written();
    },
  });
  return {
    stream,
    send: parts => {
      for (const part of parts) stream.push(part);
    },
    close: () => void stream.destroy(),
  };
}
