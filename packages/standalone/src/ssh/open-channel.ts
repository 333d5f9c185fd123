import type { Client, ClientChannel } from 'ssh2';
import { cancelled, connectionFailure, inWords, type Place } from './connection-failure.js';
import type { Layer } from './ssh-session.js';
import type { Limits } from './tcp-connection.js';

export interface ChannelRequest<T> {
  /** `the socket "/run/x"`, `the command`: what is opened, for errors. */
  readonly what: string;
  readonly layer: Layer;
  readonly hint: string;
  /** Called as soon as the channel is open: its events, even its end, may come in the same piece of input. */
  adopt(channel: ClientChannel): T;
  open(client: Client, callback: (error: Error | undefined, channel: ClientChannel) => void): void;
}

/** RFC 4254, 5.1: what a host says when it opens no channel. */
const refusals: Readonly<Record<number, string>> = {
  1: 'prohibited',
  2: 'connectFailed',
  3: 'unknownType',
  4: 'resourceShortage',
};

/**
 * Opens a channel, within a time; one that comes too late is closed.
 * @throws MegalithError SSH_FAILED with the request's layer, and `details.refusal` where the host refused:
 *   `prohibited`, `connectFailed`, `unknownType` or `resourceShortage`; CANCELLED
 */
export function openChannel<T>(
  client: Client,
  place: Place,
  limits: Limits,
  lost: () => Error | undefined,
  request: ChannelRequest<T>,
): Promise<T> {
  const { signal } = limits;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (error: Error | undefined, channel: ClientChannel | undefined): void => {
      if (isSettled) {
        // Nobody waits for it any more. It has to be read to its end to go away.
        channel?.on('error', () => channel.close());
        channel?.close();
        channel?.resume();
        return;
      }
      isSettled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (error !== undefined) reject(error);
      else resolve(request.adopt(channel!));
    };
    const waitMs = Math.max(0, limits.deadlineMs - performance.now());
    const onAbort = (): void => settle(cancelled(place, signal!), undefined);
    const timer = setTimeout(
      () =>
        settle(
          connectionFailure(
            place,
            request.layer,
            `${inWords(place)} did not open ${request.what} within ${Math.round(waitMs)} ms`,
            {
              hint: 'the host may be overloaded: try again',
              details: { timedOut: true, waitedMs: Math.round(waitMs) },
            },
          ),
          undefined,
        ),
      waitMs,
    );
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const gone = lost();
    if (gone !== undefined) return settle(gone, undefined);
    try {
      request.open(client, (error, channel) => settle(error && refusal(place, request, lost, error), channel));
    } catch (error) {
      settle(refusal(place, request, lost, error instanceof Error ? error : new Error(String(error))), undefined);
    }
  });
}

function refusal(
  place: Place,
  { what, layer, hint }: Pick<ChannelRequest<unknown>, 'what' | 'layer' | 'hint'>,
  lost: () => Error | undefined,
  error: Error & { readonly reason?: unknown },
): Error {
  const gone = lost();
  if (gone !== undefined) return gone;
  const code = typeof error.reason === 'number' ? refusals[error.reason] : undefined;
  const said = error.message.replace('(SSH) Channel open failure: ', '').trim();
  return connectionFailure(
    place,
    layer,
    `${inWords(place)} did not open ${what} (${said || code || 'no reason given'})`,
    {
      hint,
      cause: error,
      details: { ...(code !== undefined && { refusal: code }), said },
    },
  );
}
