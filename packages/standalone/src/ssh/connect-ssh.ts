import type { Duplex } from 'node:stream';
import { isMegalithError } from '@megalith/agent';
import type { Client } from 'ssh2';
import { connectionFailure, dialFailure, hostKeyFailure, inWords, type Place, silence } from './connection-failure.js';
import { handshake, KeyNotAccepted } from './handshake.js';
import { algorithmsBeside, type HostKey, type HostKeyAlgorithm } from './host-key.js';
import { Login } from './login.js';
import { type OpenSession, openSession } from './open-session.js';
import type { ConnectOptions, SshSession, SshTarget } from './ssh-session.js';
import { loadSsh2 } from './ssh2-library.js';
import { dial, type Limits } from './tcp-connection.js';

/**
 * Connects to a host, through its jump hosts where it has some, and logs in. Each hop has to show a pinned host key; a host
 * that shows a key of another type than the pinned is asked for those as well.
 * @throws MegalithError SSH_FAILED or HOST_KEY, with `details.layer` and the hop in `details.host`; CANCELLED
 */
export function connectSsh(target: SshTarget, options: ConnectOptions = {}): Promise<SshSession> {
  const limits = { signal: options.signal, deadlineMs: performance.now() + (options.timeoutMs ?? 15_000) };
  return connectHop(target, undefined, limits, options);
}

/** The open way to a host's sshd; `jump` is the session that carries it. */
export interface Way {
  open(): Promise<Duplex>;
  readonly jump: OpenSession | undefined;
}

/** Finds the way to a host: directly, or through a session of its jump host, which the caller has to close. */
export async function wayTo(
  place: Place,
  jump: SshTarget | undefined,
  limits: Limits,
  options: ConnectOptions,
): Promise<Way> {
  if (jump === undefined) return { open: () => dial(place, limits), jump: undefined };
  const session = await connectHop(jump, place.jumpFor ?? place.target.name, limits, options);
  return { open: () => openThrough(session, place, limits), jump: session };
}

async function connectHop(
  target: SshTarget,
  jumpFor: string | undefined,
  limits: Limits,
  options: ConnectOptions,
): Promise<OpenSession> {
  const place: Place = { target, ...(jumpFor !== undefined && { jumpFor }) };
  const way = await wayTo(place, target.jump, limits, options);
  try {
    const { client, stream } = await logIn(place, target, way, limits, options);
    const session = openSession(client, stream, place, target, options.keepAliveMs ?? 5000, way.jump);
    if (way.jump !== undefined) void session.closed.then(() => way.jump?.close());
    return session;
  } catch (error) {
    way.jump?.close();
    throw error;
  }
}

async function logIn(
  place: Place,
  target: SshTarget,
  way: Way,
  limits: Limits,
  options: ConnectOptions,
): Promise<{ readonly client: Client; readonly stream: Duplex }> {
  const shown: HostKey[] = [];
  let hostKeyAlgorithms: HostKeyAlgorithm[] | undefined;
  for (;;) {
    // The library loads while the connection is made.
    const [stream, library] = await Promise.all([way.open(), loadSsh2()]);
    try {
      const client = await handshake({
        place,
        stream,
        limits,
        hostKeyAlgorithms,
        bannerTimeoutMs: options.bannerTimeoutMs ?? 5000,
        accepts: key => target.hostKeys.includes(key.fingerprint),
        login: new Login(target, library),
      });
      return { client, stream };
    } catch (error) {
      if (error instanceof KeyNotAccepted) shown.push(error.key);
      // Asked for keys of other types the host had none: what it has shown before is all there is.
      else if (shown.length === 0 || (isMegalithError(error) && error.code === 'CANCELLED')) throw error;
      else throw hostKeyFailure(place, shown, target.hostKeys);
      hostKeyAlgorithms = algorithmsBeside(shown);
      if (target.hostKeys.length === 0 || hostKeyAlgorithms.length === 0)
        throw hostKeyFailure(place, shown, target.hostKeys);
    }
  }
}

/** A jump host tells in words why it can't connect; they become the layers that a direct connection has. */
async function openThrough(jump: OpenSession, place: Place, limits: Limits): Promise<Duplex> {
  const { address, port } = place.target;
  try {
    const stream = await jump.openTcpWithin(address, port, limits);
    // It may fail before its next owner listens, who finds that in `errored`.
    stream.on('error', () => undefined);
    return stream;
  } catch (error) {
    if (!isMegalithError(error) || error.details?.layer !== 'forward') throw error;
    if (error.details.timedOut === true) return Promise.reject(silence(place, 'dial', Number(error.details.waitedMs)));
    const said = String(error.details.said);
    const errno = errnos.find(([words]) => words.test(said))?.[1];
    if (errno !== undefined)
      throw dialFailure(place, Object.assign(new Error(said, { cause: error }), { code: errno }));
    if (error.details.refusal === 'prohibited')
      throw connectionFailure(
        place,
        'forward',
        `${inWords({ target: jump.target })} does not forward connections to ${inWords(place)}`,
        {
          hint: 'see "AllowTcpForwarding" and "PermitOpen" of the sshd on the jump host',
          cause: error,
        },
      );
    throw connectionFailure(
      place,
      'route',
      `${inWords(place)} can't be reached from its jump host "${jump.target.name}" (${said})`,
      {
        hint: 'check the address as the jump host sees it',
        cause: error,
      },
    );
  }
}

/** The words of `strerror` and `gai_strerror`, as sshd passes them on. */
const errnos: readonly (readonly [RegExp, string])[] = [
  [/refused/i, 'ECONNREFUSED'],
  [/not known|name resolution|no address/i, 'ENOTFOUND'],
  [/timed out/i, 'ETIMEDOUT'],
  [/no route/i, 'EHOSTUNREACH'],
  [/network is unreachable/i, 'ENETUNREACH'],
];
