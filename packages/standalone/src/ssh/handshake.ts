import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { cancelled, type Place, type Stage, silence } from './connection-failure.js';
import { handshakeFailure, type Ssh2Error } from './handshake-failure.js';
import { type HostKey, type HostKeyAlgorithm, hostKeyOf } from './host-key.js';
import type { Login } from './login.js';
import { loadSsh2 } from './ssh2-library.js';
import type { Limits } from './tcp-connection.js';

export interface HandshakeRequest {
  readonly place: Place;
  readonly stream: Duplex;
  readonly limits: Limits;
  readonly bannerTimeoutMs: number;
  /** What to ask the host for; undefined for all, Ed25519 first. */
  readonly hostKeyAlgorithms: HostKeyAlgorithm[] | undefined;
  /** Whether the key is one of the pinned. */
  accepts(key: HostKey): boolean;
  readonly login: Login;
}

/** The host proved that it has a key, and it is not one that is accepted. */
export class KeyNotAccepted extends Error {
  readonly key: HostKey;
  /** The public key in its wire form. */
  readonly raw: Buffer;
  constructor(raw: Buffer) {
    const key = hostKeyOf(raw);
    super(`${key.fingerprint} is not pinned`);
    this.key = key;
    this.raw = raw;
  }
}

/**
 * Banner, key exchange and login over an open stream, which is destroyed where that fails.
 * @throws KeyNotAccepted; MegalithError SSH_FAILED with `details.layer` `banner`, `user` or `key`; CANCELLED
 */
export async function handshake(request: HandshakeRequest): Promise<Client> {
  const { place, stream, limits, login } = request;
  const { Client } = await loadSsh2();
  const client = new Client();
  const begunMs = performance.now();
  return new Promise((resolve, reject) => {
    let stage: Stage = 'banner';
    let refused: Buffer | undefined;
    let isSettled = false;

    const settle = (error: Error | undefined): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(bannerTimer);
      clearTimeout(wholeTimer);
      limits.signal?.removeEventListener('abort', onAbort);
      stream.off('data', onData);
      client.off('close', onClose).off('handshake', onExchanged).off('ready', onReady);
      login.end();
      // `onError` stays: an error that nobody listens to would end the process.
      if (error === undefined) resolve(client);
      else {
        stream.destroy();
        reject(error);
      }
    };
    const fail = (error: Ssh2Error): void => {
      settle(refused === undefined ? handshakeFailure(place, stage, error, login) : new KeyNotAccepted(refused));
    };

    const onAbort = (): void => settle(cancelled(place, limits.signal!));
    const onError = (error: Ssh2Error): void => {
      if (error.level === 'agent') login.noteAgentProblem(error);
      else fail(error);
    };
    const onClose = (): void => fail(new Error('it closed the connection'));
    const onExchanged = (): void => {
      stage = 'login';
    };
    const onReady = (): void => settle(undefined);
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1', 0, 8192);
      if (!/^SSH-/m.test(head)) return;
      if (stage === 'banner') stage = 'exchange';
      clearTimeout(bannerTimer);
      stream.off('data', onData);
    };

    const leftMs = Math.max(0, limits.deadlineMs - begunMs);
    const bannerMs = Math.min(request.bannerTimeoutMs, leftMs);
    const bannerTimer = setTimeout(() => settle(silence(place, 'banner', bannerMs)), bannerMs);
    const wholeTimer = setTimeout(() => settle(silence(place, stage, leftMs)), leftMs);
    if (limits.signal?.aborted) return onAbort();
    limits.signal?.addEventListener('abort', onAbort, { once: true });
    client.on('error', onError).on('close', onClose).on('handshake', onExchanged).on('ready', onReady);
    if (stream.errored) return fail(stream.errored);
    if (stream.destroyed || stream.readableEnded) return onClose();
    client.connect({
      sock: stream as never,
      username: place.target.user,
      readyTimeout: 0,
      // It would refuse to forward sockets on any server but OpenSSH; the server's own answer is better.
      strictVendor: false,
      ...(request.hostKeyAlgorithms !== undefined && { algorithms: { serverHostKey: request.hostKeyAlgorithms } }),
      hostVerifier: (raw: Buffer) => {
        if (request.accepts(hostKeyOf(raw))) return true;
        refused = raw;
        return false;
      },
      authHandler: (allowed, isPartial, offer) =>
        login.next(allowed, isPartial, offer, () => settle(login.refusal(place))),
    });
    // After `connect`, which pauses the stream: a listener before it would set the stream flowing.
    stream.on('data', onData);
  });
}
