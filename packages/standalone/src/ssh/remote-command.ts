import type { ClientChannel } from 'ssh2';
import type { ChannelStream } from './channel-stream.js';
import { connectionFailure, inWords, type Place } from './connection-failure.js';
import type { RemoteCommand } from './ssh-session.js';
import { joinBackPressure, sendSignal } from './ssh2-internals.js';

/**
 * Follows a command that has been started on a channel. `kill` ends it and its process group where the host passes signals
 * on: OpenSSH from 7.9, except to commands of root. Elsewhere the command finds its input and output closed.
 */
export function followCommand(
  channel: ClientChannel,
  stream: ChannelStream,
  place: Place,
  lost: () => Error | undefined,
): RemoteCommand & { kill(): void } {
  joinBackPressure(channel);
  let exit: { readonly code: number | undefined; readonly signal: string | undefined } | undefined;
  const ended = new Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>(
    (resolve, reject) => {
      channel.on('exit', (code: number | null, signal?: string) => {
        exit = { code: code ?? undefined, signal };
      });
      const end = (): void => {
        const gone = exit === undefined ? lost() : undefined;
        if (exit !== undefined) resolve(exit);
        else
          reject(
            gone ??
              connectionFailure(place, 'exec', `${inWords(place)} ended a command without saying how`, {
                hint: 'the session of its sshd may have been killed: see the log there',
              }),
          );
      };
      // The channel closes when the output has arrived, even where its reader let go of the stream before. Where nobody
      // reads, nobody is waited for.
      channel.on('close', () => {
        if (stream.readableFlowing === null || stream.readableEnded || stream.destroyed) end();
        else stream.once('close', end);
      });
      stream.once('close', () => {
        if (lost() !== undefined) end();
      });
    },
  );
  // A caller may look only at the streams.
  ended.catch(ignored);
  return {
    stream,
    stderr: channel.stderr,
    ended,
    kill() {
      sendSignal(channel, 'KILL');
      stream.destroy();
    },
  };
}

function ignored(): undefined {
  return undefined;
}
