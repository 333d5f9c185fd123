import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { ChannelStream } from './channel-stream.js';
import { connectionFailure, inWords, type Place } from './connection-failure.js';
import { type ChannelRequest, openChannel } from './open-channel.js';
import { acknowledgePromptly } from './prompt-acknowledgement.js';
import { followCommand } from './remote-command.js';
import { runCommand } from './run-command.js';
import { sendTogether } from './send-together.js';
import type { RemoteCommand, SshSession, SshTarget } from './ssh-session.js';
import { askForLife } from './ssh2-internals.js';
import type { Limits } from './tcp-connection.js';

/** How long a host may take to open a channel where the caller sets no time. */
const openTimeoutMs = 15_000;
/** Unanswered questions after which a connection is given up. */
const silentTimes = 3;
/** What a closing connection may take to send what is still queued. */
const lingerMs = 1000;

export interface OpenSession extends SshSession {
  /** `openTcp` within limits, as the next hop needs it. */
  openTcpWithin(address: string, port: number, limits: Limits): Promise<Duplex>;
}

/** The session of a client that is logged in; it owns the client and its stream. */
export function openSession(
  client: Client,
  stream: Duplex,
  place: Place,
  target: SshTarget,
  keepAliveMs: number,
  jump: OpenSession | undefined,
): OpenSession {
  const streams = new Set<Duplex>();
  let isClosing = false;
  let cause: Error | undefined;
  let lost: Error | undefined;
  let isOver = false;

  const lostBecause = (why: string): Error =>
    connectionFailure(place, 'route', `the connection to ${inWords(place)} was lost (${why})`, {
      hint: 'check the network and that the host is up, then connect again',
      ...(cause !== undefined && { cause }),
    });
  const whyNotOpen = (): Error | undefined => {
    if (isClosing)
      return connectionFailure(place, 'route', `the connection to ${inWords(place)} was closed`, {
        hint: 'connect again',
      });
    return isOver ? lost : undefined;
  };

  const closed = new Promise<Error | undefined>(resolve => {
    client.on('error', (error: Error) => {
      cause ??= error;
      // `ssh2` leaves the stream open after some of its errors, and is deaf from then on.
      if (!isClosing) stream.destroy();
    });
    const onOver = (): void => {
      if (isOver) return;
      isOver = true;
      clearInterval(watch);
      if (!isClosing) lost = lostBecause(cause?.message ?? 'the host closed it');
      for (const each of streams) each.destroy(lost);
      resolve(lost);
    };
    client.on('close', onOver);
    // It may have ended between the login and now.
    if (stream.closed) queueMicrotask(onOver);
  });

  let silent = 0;
  const watch = setInterval(() => {
    if (++silent <= silentTimes) {
      if (stream.writable) askForLife(client);
      return;
    }
    cause ??= new Error(`it has been silent for ${silentTimes * keepAliveMs} ms`);
    stream.destroy();
  }, keepAliveMs).unref();
  stream.on('data', () => {
    silent = 0;
    watch.refresh();
  });
  if (stream instanceof Socket) acknowledgePromptly(client, stream);
  sendTogether(stream);

  const open = <T>(request: ChannelRequest<T>, limits: Limits): Promise<T> =>
    openChannel(client, place, limits, whyNotOpen, request);
  const adopt = (channel: ClientChannel): ChannelStream => {
    const wrapped = new ChannelStream(channel, stream);
    streams.add(wrapped);
    wrapped.once('close', () => streams.delete(wrapped));
    return wrapped;
  };
  const usual = (): Limits => ({ signal: undefined, deadlineMs: performance.now() + openTimeoutMs });

  const startWithin = (command: string, limits: Limits): Promise<RemoteCommand & { kill(): void }> =>
    open(
      {
        what: 'a channel for a command',
        layer: 'exec',
        hint: `the host allows no command now: see "MaxSessions" and "ForceCommand" of its sshd, and the login shell of "${target.user}"`,
        open: (ready, callback) => void ready.exec(command, callback),
        adopt: channel => followCommand(channel, adopt(channel), place, whyNotOpen),
      },
      limits,
    );

  const openTcpWithin = (address: string, port: number, limits: Limits): Promise<Duplex> =>
    open(
      {
        what: `a connection to ${address}:${port}`,
        layer: 'forward',
        hint: 'check the address as the host sees it, and "AllowTcpForwarding" and "PermitOpen" of its sshd',
        open: (ready, callback) => void ready.forwardOut('127.0.0.1', 0, address, port, callback),
        adopt,
      },
      limits,
    );

  return {
    target,
    closed,
    exec: (command, options = {}) => runCommand(place, command, startWithin, options),
    start: command => startWithin(command, usual()),
    openTcp: (address, port) => openTcpWithin(address, port, usual()),
    openTcpWithin,
    openSocket: path =>
      open(
        {
          what: `the socket "${path}"`,
          layer: 'forward',
          hint: 'check that somebody listens on it, and "AllowStreamLocalForwarding" of the sshd there',
          open: (ready, callback) => void ready.openssh_forwardOutStreamLocal(path, callback),
          adopt,
        },
        usual(),
      ),
    hold(busy) {
      jump?.hold(busy);
      if (!(stream instanceof Socket)) return;
      if (busy) stream.ref();
      else stream.unref();
    },
    close() {
      if (isClosing) return;
      isClosing = true;
      clearInterval(watch);
      for (const each of streams) each.destroy();
      client.end();
      if (!(stream instanceof Socket)) return void stream.destroy();
      stream.destroySoon();
      const linger = setTimeout(() => stream.destroy(), lingerMs);
      stream.once('close', () => clearTimeout(linger));
    },
  };
}
