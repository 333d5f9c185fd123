import type { Duplex } from 'node:stream';

/**
 * Lets all that `ssh2` writes in answer to one piece of input go out in one system call: where the far side opens its
 * window, that is up to 2 MiB in packets of 32 KiB. To be called when `ssh2` listens to the stream already.
 */
export function sendTogether(stream: Duplex): void {
  stream.prependListener('data', () => stream.cork());
  stream.on('data', () => stream.uncork());
}
