import type { Readable } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';

/** What we touch of the insides of `ssh2` 1.17, for which it has no call. All of it stands in this file. */
interface Protocol {
  readonly _kexinit?: unknown;
  readonly _queue?: unknown;
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: {
    readonly write: { readonly allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer };
  };
  signal(channel: number, name: string): void;
  ping(): void;
}

interface Insides {
  readonly outgoing: { readonly id: number; readonly state: string };
  readonly _client: { readonly _protocol: Protocol };
}

/** RFC 4253, 11.2. */
const ignoreMessage = 2;

/** Sends an empty message that the other side ignores; nothing while keys are exchanged. */
export function sendIgnore(client: Client): void {
  const protocol = (client as unknown as { readonly _protocol: Protocol })._protocol;
  if (protocol._kexinit !== undefined || protocol._queue !== undefined) return;
  const { write } = protocol._packetRW;
  const packet = write.alloc(5);
  packet[write.allocStart] = ignoreMessage;
  packet.writeUInt32BE(0, write.allocStart + 1);
  protocol._cipher.encrypt(write.finalize(packet));
}

/**
 * Asks the host for a sign of life, as `ssh2`'s own keep-alive does, whose timer would keep an idle process alive. The answer goes to the
 * next of the client's callbacks.
 */
export function askForLife(client: Client): void {
  const { _callbacks: callbacks, _protocol: protocol } = client as unknown as {
    readonly _callbacks: (() => void)[];
    readonly _protocol: Protocol;
  };
  callbacks.push(() => undefined);
  protocol.ping();
}

/** Sends a signal to a command, also after its input was closed, when `ssh2`'s own call does nothing. */
export function sendSignal(channel: ClientChannel, name: 'KILL'): void {
  const { outgoing, _client: client } = channel as unknown as Insides;
  if (outgoing.state === 'open' || outgoing.state === 'eof') client._protocol.signal(outgoing.id, name);
}

/**
 * Lets the host send more only when neither output of a command is full. They share one window, which `ssh2` opens when
 * either is read: one that nobody reads would fill memory while the other is read.
 */
export function joinBackPressure(channel: ClientChannel): void {
  const outputs: readonly (readonly [Readable, Readable])[] = [
    [channel, channel.stderr],
    [channel.stderr, channel],
  ];
  for (const [output, other] of outputs) {
    const read = output._read.bind(output);
    const push = output.push.bind(output);
    const isOtherFull = (): boolean => other.readableLength >= other.readableHighWaterMark;
    output._read = size => {
      if (!isOtherFull()) read(size);
    };
    output.push = chunk => push(chunk) && !isOtherFull();
  }
}
