import { MegalithError } from '../errors.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import { writeEntry } from './entry.js';
import { type FileChannel, type FilesFrame, payloadOf } from './file-channel.js';
import { digestOf } from './file-digest.js';
import { decision, entryWindow, type FileReport, filesFrame } from './files-frame.js';
import { packSmallFile, sendLargeFile, smallFileBytes, smallRecordBytes } from './send-file.js';
import { sliceMs, turn } from './time-slice.js';
import { type TreeSource, type WalkedEntry, walkTrees } from './walk-tree.js';

export interface SendOptions {
  /** `refuse`: what can't travel ends the transfer. `tell`: the receiver hears of it, and the rest travels. */
  readonly problems: 'refuse' | 'tell';
  /** The total is known when every file is listed and the receiver has chosen. */
  readonly onProgress?: (sentBytes: number, totalBytes: number | undefined) => void;
}

interface KnownFile {
  readonly index: number;
  readonly path: Buffer;
  readonly size: number;
}

/** Bytes of a frame of entries, and of a batch of small files that is read at a time. */
const batchBytes = 256 * 1024;
const entriesBytes = 64 * 1024;

/**
 * Sends trees over a channel: lists them while the receiver says which files it wants, and sends those. Nothing waits
 * for an answer but what depends on it. Memory: what `entryWindow` allows and a few pieces.
 * @returns what the receiver reports
 * @throws MegalithError USAGE, NOT_FOUND, PROTOCOL, TIMED_OUT, CANCELLED, CONTACT_LOST, and what the receiver failed with
 */
export async function sendTrees(
  channel: FileChannel,
  trees: readonly TreeSource[],
  options: SendOptions,
): Promise<Record<string, unknown>> {
  return await new TreeSender(channel, trees, options).run();
}

class TreeSender {
  readonly #channel: FileChannel;
  readonly #options: SendOptions;
  readonly #walk: Iterator<WalkedEntry>;
  #listed = 0;
  #allListed = false;
  /** Entries without a decision, oldest first; undefined for what is no file. */
  readonly #undecided = new Map<number, KnownFile | undefined>();
  readonly #toCompare = new Map<number, KnownFile>();
  readonly #compared = new Map<number, KnownFile>();
  readonly #wanted = new Map<number, KnownFile>();
  #decided = 0;
  #sentBytes = 0;
  #wantedBytes = 0;
  #batch: Buffer | undefined;

  constructor(channel: FileChannel, trees: readonly TreeSource[], options: SendOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#walk = walkTrees(trees)[Symbol.iterator]();
  }

  async run(): Promise<Record<string, unknown>> {
    for (;;) {
      for (let frame = this.#channel.take(); frame !== undefined; frame = this.#channel.take()) this.#receive(frame);
      const open = this.#undecided.size + this.#toCompare.size + this.#compared.size + this.#wanted.size;
      if (!this.#allListed && open < entryWindow) this.#list();
      else if (this.#toCompare.size > 0) await this.#digest();
      else if (this.#wanted.size > 0) await this.#sendWanted();
      else if (open > 0) this.#receive((await this.#channel.next())!);
      else break;
      await this.#channel.drained();
      await turn();
    }
    this.#channel.send(filesFrame.done);
    const frame = (await this.#channel.next())!;
    if (frame.type !== filesFrame.report) throw unexpected('it answers where it should report');
    return JSON.parse(payloadOf(frame).toString()) as Record<string, unknown>;
  }

  #list(): void {
    const writer = new ByteWriter(entriesBytes + 16 * 1024);
    const until = performance.now() + sliceMs;
    while (writer.length < entriesBytes && performance.now() < until) {
      const { done, value } = this.#walk.next();
      if (done) {
        this.#allListed = true;
        break;
      }
      const { entry, path } = value;
      if (entry.kind === 'problem' && this.#options.problems === 'refuse') {
        throw new MegalithError(entry.problem.code, entry.problem.message, {
          hint: 'take it away, or name it in a .megalithignore file',
        });
      }
      const index = this.#listed++;
      this.#undecided.set(index, entry.kind === 'file' ? { index, path, size: entry.size } : undefined);
      writeEntry(writer, entry);
    }
    if (writer.length > 0) this.#channel.send(filesFrame.entries, writer.written());
    if (this.#allListed) {
      this.#channel.send(filesFrame.listed);
      this.#tellProgress();
    }
  }

  #receive(frame: FilesFrame): void {
    const payload = payloadOf(frame);
    if (frame.type === filesFrame.decisions) {
      for (const choice of payload) this.#decide(choice);
    } else if (frame.type === filesFrame.verdict && payload.length === 5) {
      const file = this.#compared.get(payload.readUInt32LE(0));
      if (file === undefined) throw unexpected('it judges a file that it did not ask about');
      this.#compared.delete(file.index);
      if (payload[4] === 1) this.#want(file);
    } else throw unexpected('it sends what only a sender does');
    this.#tellProgress();
  }

  #decide(choice: number): void {
    const index = this.#decided++;
    const file = this.#undecided.get(index);
    if (!this.#undecided.delete(index)) throw unexpected('it decides about more than was listed');
    if (choice === decision.settled) return;
    if (file === undefined) throw unexpected('it wants the bytes of what is no file');
    if (choice === decision.compare) this.#toCompare.set(index, file);
    else if (choice === decision.wanted) this.#want(file);
    else throw unexpected('it sends a decision that is none');
  }

  #want(file: KnownFile): void {
    this.#wanted.set(file.index, file);
    this.#wantedBytes += file.size;
  }

  async #digest(): Promise<void> {
    const [file] = this.#toCompare.values();
    this.#toCompare.delete(file!.index);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(file!.index);
    const digest = await digestOf(file!.path, () => this.#channel.check());
    this.#compared.set(file!.index, file!);
    this.#channel.send(filesFrame.digest, head, digest);
  }

  /** As many small files as make one batch, or one large file. */
  async #sendWanted(): Promise<void> {
    const batch = this.#batch ?? Buffer.allocUnsafeSlow(batchBytes + smallRecordBytes);
    this.#batch = undefined;
    const until = performance.now() + sliceMs;
    let length = 0;
    let large: KnownFile | undefined;
    for (const file of this.#wanted.values()) {
      if (length >= batchBytes || performance.now() > until) break;
      this.#wanted.delete(file.index);
      const packed = file.size > smallFileBytes ? undefined : packSmallFile(file.index, file.path, batch, length);
      if (packed === undefined) {
        large = file;
        break;
      }
      length += packed;
      this.#sentBytes += file.size;
    }
    if (length > batchBytes / 2) this.#channel.sendRaw(batch.subarray(0, length));
    else {
      if (length > 0) this.#channel.sendRaw(Buffer.from(batch.subarray(0, length)));
      this.#batch = batch;
    }
    if (large !== undefined) {
      await sendLargeFile(this.#channel, large.index, large.path, count => {
        this.#sentBytes += count;
        this.#tellProgress();
      });
    }
    this.#tellProgress();
  }

  #tellProgress(): void {
    const final = this.#allListed && this.#undecided.size + this.#toCompare.size + this.#compared.size === 0;
    this.#options.onProgress?.(this.#sentBytes, final ? this.#wantedBytes : undefined);
  }
}

/** @throws MegalithError PROTOCOL */
export function reportFrom({ files, bytes, skipped }: Record<string, unknown>): FileReport {
  if (![files, bytes, skipped].every(count => Number.isSafeInteger(count)))
    throw unexpected('its report has no figures');
  return { files, bytes, skipped } as FileReport;
}

function unexpected(why: string): MegalithError {
  return new MegalithError('PROTOCOL', `the receiver of files broke the rules: ${why}`);
}
