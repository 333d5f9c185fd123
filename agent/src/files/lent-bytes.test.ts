import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { FileChannel } from './file-channel.js';
import { filesFrame } from './files-frame.js';

it('gives lent bytes back when the stream has taken them, and not before', () => {
  const taken: Buffer[] = [];
  let letGo: (() => void) | undefined;
  const stream = new Duplex({
    read: () => undefined,
    writev(chunks, callback) {
      taken.push(...chunks.map(({ chunk }) => chunk));
      letGo = callback;
    },
  });
  const channel = new FileChannel(stream);
  let isMineAgain = false;
  channel.sendLent(filesFrame.data, Buffer.from('bytes'), () => {
    isMineAgain = true;
  });
  expect(taken.at(-1)?.toString()).toBe('bytes');
  expect(isMineAgain).toBe(false);
  letGo?.();
  return expect
    .poll(() => isMineAgain)
    .toBe(true)
    .finally(() => channel.release());
});
