import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';

/** What fits into one packet of the connection: OpenSSH takes no more. */
const packetBytes = 32 * 1024;

/**
 * A channel of `ssh2` as a stream that keeps Node's rules, which the channel itself does not: `destroy` ends it at once, a
 * write to a channel that the far side closed fails instead of waiting for ever, and a lost connection is an error instead
 * of a regular end. Back-pressure goes through both ways: it holds at most one chunk beside what the channel holds (its
 * window, 2 MiB each way).
 *
 * What is written together goes out as few packets, and those in one system call: `ssh2` makes one of each packet.
 */
export class ChannelStream extends Duplex {
  readonly #channel: Channel;
  readonly #wire: Duplex;
  /** A write that the far side has not taken yet. */
  #waiting: ((error?: Error | null) => void) | undefined;
  #isClosedThere = false;

  /** @param wire the stream of the whole connection */
  constructor(channel: Channel, wire: Duplex) {
    super({ highWaterMark: 256 * 1024 });
    this.#channel = channel;
    this.#wire = wire;
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('close', () => this.#onClosed());
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#writeAll([chunk], callback);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#writeAll(joined(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (!this.#isClosedThere) this.#channel.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#channel.close();
    // What still comes is thrown away, so that the channel reaches its end and is forgotten.
    this.#channel.resume();
    this.#answer(error ?? new Error('the stream was destroyed'));
    callback(error);
  }

  #writeAll(pieces: readonly Buffer[], callback: (error?: Error | null) => void): void {
    this.#waiting = callback;
    if (this.#isClosedThere) this.#refuseWrite();
    else this.#sendAll(pieces);
  }

  #sendAll(pieces: readonly Buffer[]): void {
    const last = pieces.length - 1;
    this.#wire.cork();
    for (const piece of pieces.slice(0, last)) this.#channel.write(piece);
    this.#channel.write(pieces[last], () => this.#answer(undefined));
    this.#wire.uncork();
  }

  #answer(error: Error | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(error ?? null);
  }

  #onClosed(): void {
    this.#isClosedThere = true;
    if (this.#waiting !== undefined) this.#refuseWrite();
    else if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }

  /** A failed write destroys the stream, and with it what was not read yet: that goes first where somebody reads. */
  #refuseWrite(): void {
    const refuse = (): void =>
      this.#answer(Object.assign(new Error('the far side has closed the stream'), { code: 'EPIPE' }));
    if (this.readableLength > 0 && this.readableFlowing !== null) this.once('end', refuse);
    else refuse();
  }
}

/** Joins neighbours that fit into one packet together. */
function joined(pieces: readonly Buffer[]): Buffer[] {
  const rows: { readonly pieces: Buffer[]; length: number }[] = [];
  for (const piece of pieces) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + piece.length <= packetBytes) {
      row.pieces.push(piece);
      row.length += piece.length;
    } else rows.push({ pieces: [piece], length: piece.length });
  }
  return rows.map(row => (row.pieces.length === 1 ? row.pieces[0]! : Buffer.concat(row.pieces, row.length)));
}
