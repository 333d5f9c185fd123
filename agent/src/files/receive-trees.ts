import { closeSync, fchmodSync, futimesSync, lstatSync } from 'node:fs';
import { MegalithError } from '../errors.js';
import { type Entry, type FileProblem, modeMask, mtimeUsOf, readEntries, secondsOf, sizeOf, timeOf } from './entry.js';
import { type FileChannel, type FilesFrame, payloadOf } from './file-channel.js';
import { digestBytes, digestOf } from './file-digest.js';
import { fileFailure } from './file-failure.js';
import { type FileTarget, LargeFile, writeSmallFile } from './file-sink.js';
import { decision, entryWindow, type FileReport, filesFrame, smallHeadLength } from './files-frame.js';
import { openForReading } from './open-file.js';
import { finishFolder, makeFolder, makeLink, type ReceivingFolder } from './receiving-folder.js';
import { sliceMs, turn } from './time-slice.js';
import { Stagings, type TreePlace, topFolder, topSpot } from './tree-place.js';
import { pathIn } from './walk-tree.js';

export interface ReceiveOptions {
  /** The total is known when everything is listed and compared. */
  readonly onProgress?: (receivedBytes: number, totalBytes: number | undefined) => void;
}

export interface Received extends FileReport {
  /** What could not travel, in the sender's words. */
  readonly problems: readonly FileProblem[];
}

/** What an honest sender may have open, and room for its counting. */
const maxOpen = 2 * entryWindow;
const maxProblems = 1_000;

/**
 * Puts trees in their places. A file that is there with the same size and time is left as it is; one with the same size
 * and another time is compared by SHA-256, and only its time is set where that agrees. So a second transfer of the same
 * trees costs one look at each file, and one that was killed goes on with the files that are missing. A file whose
 * bytes changed while its size and time, in microseconds, stayed is not noticed. What is in the way is replaced, except a
 * folder, which is an error; what is there besides is left alone.
 *
 * A file gets its name when it is whole, until then it is private; links are kept as text, and none is ever gone through.
 * @throws MegalithError USAGE, PROTOCOL, DISK_FULL, TIMED_OUT, CANCELLED, CONTACT_LOST, and what the sender failed with
 */
export async function receiveTrees(
  channel: FileChannel,
  places: readonly TreePlace[],
  options: ReceiveOptions = {},
): Promise<Received> {
  const receiver = new TreeReceiver(channel, places, options);
  try {
    return await receiver.run();
  } finally {
    await receiver.clean();
  }
}

type WantedFile = Pick<FileTarget, 'path' | 'staging'> & { readonly size: number };
type FileEntry = Entry & { readonly kind: 'file' };

class TreeReceiver {
  readonly #channel: FileChannel;
  readonly #places: readonly TreePlace[];
  readonly #options: ReceiveOptions;
  readonly #stagings = new Stagings();
  readonly #folders = new Map<number, ReceivingFolder>();
  readonly #tops = new Set<number>();
  readonly #wanted = new Map<number, WantedFile>();
  readonly #comparing = new Map<number, WantedFile & { readonly entry: FileEntry }>();
  readonly #problems: FileProblem[] = [];
  #large: { readonly file: LargeFile; readonly index: number; readonly size: number; received: number } | undefined;
  #entries = 0;
  #allListed = false;
  #files = 0;
  #bytes = 0;
  #skipped = 0;
  #receivedBytes = 0;
  #wantedBytes = 0;
  #sliceEnd = 0;

  constructor(channel: FileChannel, places: readonly TreePlace[], options: ReceiveOptions) {
    this.#channel = channel;
    this.#places = places;
    this.#options = options;
  }

  async run(): Promise<Received> {
    for (;;) {
      const frame = (await this.#channel.next())!;
      if (frame.type === filesFrame.done) break;
      await this.#receive(frame);
      await this.#breathe();
    }
    if (!this.#allListed || this.#large !== undefined || this.#wanted.size + this.#comparing.size > 0) {
      throw broken('it ends before all is there');
    }
    for (const folder of [...this.#folders.values()].reverse()) {
      finishFolder(folder);
      await this.#breathe();
    }
    this.#stagings.remove();
    const report: FileReport = { files: this.#files, bytes: this.#bytes, skipped: this.#skipped };
    this.#channel.keepWatch(false);
    this.#channel.send(filesFrame.report, Buffer.from(JSON.stringify(report)));
    return { ...report, problems: this.#problems };
  }

  async clean(): Promise<void> {
    await this.#large?.file.abandon();
    this.#stagings.remove();
  }

  async #receive(frame: FilesFrame): Promise<void> {
    switch (frame.type) {
      case filesFrame.entries:
        await this.#decide(payloadOf(frame));
        return;
      case filesFrame.listed:
        this.#allListed = true;
        this.#tellProgress(0);
        return;
      case filesFrame.digest:
        await this.#compare(payloadOf(frame));
        return;
      case filesFrame.small:
        this.#writeSmall(frame);
        return;
      case filesFrame.begin:
        this.#begin(payloadOf(frame));
        return;
      case filesFrame.data: {
        const large = this.#begun();
        await large.file.write(frame.parts, frame.length);
        large.received += frame.length;
        this.#tellProgress(frame.length);
        return;
      }
      case filesFrame.hole: {
        const large = this.#begun();
        const length = sizeOf(payloadOf(frame), 0);
        large.file.skip(length);
        large.received += length;
        this.#tellProgress(length);
        return;
      }
      case filesFrame.end:
        await this.#end(payloadOf(frame)[0] === 1);
        return;
      default:
        throw broken('it sends what only a receiver does');
    }
  }

  async #decide(payload: Buffer): Promise<void> {
    const choices: number[] = [];
    for (const entry of readEntries(payload)) {
      choices.push(this.#place(entry, this.#entries++));
      await this.#breathe();
    }
    if (this.#wanted.size + this.#comparing.size > maxOpen) throw broken('it lists more than there is room for');
    this.#channel.send(filesFrame.decisions, Buffer.from(choices));
  }

  #place(entry: Entry, index: number): number {
    const { folder, name } = this.#spotOf(entry);
    switch (entry.kind) {
      case 'problem':
        if (this.#problems.length < maxProblems) this.#problems.push(entry.problem);
        return decision.settled;
      case 'folder':
        this.#folders.set(
          index,
          'tree' in entry.place
            ? topFolder({ folder, name }, entry)
            : makeFolder(pathIn(folder.path, name!), folder.staging, entry, folder.isNew),
        );
        return decision.settled;
      case 'link':
        makeLink(pathIn(folder.path, name!), entry.target, folder.staging);
        return decision.settled;
      case 'file':
        return this.#choose(entry, index, folder, pathIn(folder.path, name!));
    }
  }

  #spotOf({ place, kind }: Entry): { readonly folder: ReceivingFolder; readonly name: Buffer | undefined } {
    if ('name' in place) {
      const folder = this.#folders.get(place.folder);
      if (folder === undefined) throw broken('it puts something in a folder that it did not list');
      return { folder, name: place.name };
    }
    const top = this.#places[place.tree];
    if (top === undefined || this.#tops.has(place.tree)) throw broken('it sends a tree that nobody asked for');
    this.#tops.add(place.tree);
    // What is not there needs no place; the folder is not looked at.
    return kind === 'problem' ? { folder: nowhere, name: undefined } : topSpot(top, kind, this.#stagings);
  }

  #choose(entry: FileEntry, index: number, folder: ReceivingFolder, path: Buffer): number {
    const file = { path, staging: folder.staging, size: entry.size };
    const there = folder.isNew ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (there?.isFile() && there.size === entry.size) {
      if (mtimeUsOf(there) === entry.mtimeUs) {
        if ((there.mode & modeMask) === entry.mode || retouch(path, entry)) {
          this.#skipped++;
          return decision.settled;
        }
      } else {
        this.#comparing.set(index, { ...file, entry });
        return decision.compare;
      }
    }
    this.#want(index, file);
    return decision.wanted;
  }

  #want(index: number, file: WantedFile): void {
    this.#wanted.set(index, file);
    this.#wantedBytes += file.size;
  }

  async #compare(payload: Buffer): Promise<void> {
    const index = payload.length === 4 + digestBytes ? payload.readUInt32LE(0) : -1;
    const file = this.#comparing.get(index);
    if (file === undefined) throw broken('it sends a digest that nobody asked for');
    this.#comparing.delete(index);
    const same = await this.#isThere(file, payload.subarray(4));
    if (same) this.#skipped++;
    else this.#want(index, file);
    const verdict = Buffer.alloc(5);
    verdict.writeUInt32LE(index);
    verdict[4] = same ? 0 : 1;
    this.#channel.send(filesFrame.verdict, verdict);
    this.#tellProgress(0);
  }

  /** What can't be read here is another file, to be replaced. */
  async #isThere({ path, entry }: { path: Buffer; entry: FileEntry }, theirs: Buffer): Promise<boolean> {
    let same = false;
    try {
      await digestOf(
        path,
        () => this.#channel.check(),
        (digest, descriptor) => {
          same = digest.equals(theirs);
          if (same) setProperties(descriptor, entry);
        },
      );
      return same;
    } catch (error) {
      this.#channel.check();
      if (error instanceof MegalithError && (error.code === 'NOT_FOUND' || error.code === 'USAGE')) return false;
      throw error;
    }
  }

  #writeSmall(frame: FilesFrame): void {
    const payload = payloadOf(frame);
    if (this.#large !== undefined || payload.length < smallHeadLength) throw broken('a file comes inside another');
    const target = this.#targetOf(payload);
    const bytes = payload.length - smallHeadLength;
    writeSmallFile(target.file, [payload.subarray(smallHeadLength)]);
    this.#written(target.index, bytes);
    this.#tellProgress(bytes);
  }

  #begin(payload: Buffer): void {
    if (this.#large !== undefined || payload.length !== smallHeadLength + 8)
      throw broken('a file comes inside another');
    const { file, index } = this.#targetOf(payload);
    const size = sizeOf(payload, smallHeadLength);
    this.#large = { file: new LargeFile(file, size), index, size, received: 0 };
  }

  async #end(whole: boolean): Promise<void> {
    const { file, index, size, received } = this.#begun();
    if (whole) await file.finish();
    else await file.abandon();
    this.#large = undefined;
    if (whole) this.#written(index, size);
    else this.#tellProgress(-received);
  }

  #begun() {
    if (this.#large === undefined) throw broken('it sends pieces of no file');
    return this.#large;
  }

  #targetOf(payload: Buffer): { readonly file: FileTarget; readonly index: number } {
    const index = payload.readUInt32LE(0);
    const wanted = this.#wanted.get(index);
    if (wanted === undefined) throw broken('it sends a file that nobody asked for');
    const mode = payload.readUInt16LE(4) & modeMask;
    return { file: { path: wanted.path, staging: wanted.staging, mode, mtimeUs: timeOf(payload, 6) }, index };
  }

  #written(index: number, bytes: number): void {
    this.#wanted.delete(index);
    this.#files++;
    this.#bytes += bytes;
  }

  #tellProgress(bytes: number): void {
    this.#receivedBytes += bytes;
    const final = this.#allListed && this.#comparing.size === 0;
    this.#options.onProgress?.(this.#receivedBytes, final ? this.#wantedBytes : undefined);
  }

  /** This process may have others to serve: no long work without a turn of the event loop. */
  async #breathe(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return;
    await turn();
    this.#channel.check();
    this.#sliceEnd = performance.now() + sliceMs;
  }
}

const nowhere = { path: Buffer.alloc(0), isNew: false, final: undefined } as unknown as ReceivingFolder;

/** Sets what may differ in a file whose bytes are right. False where it can't be opened. */
function retouch(path: Buffer, entry: FileEntry): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openForReading(path);
    setProperties(descriptor, entry);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw fileFailure(path, 'written', cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function setProperties(descriptor: number, { mode, mtimeUs }: FileEntry): void {
  fchmodSync(descriptor, mode);
  futimesSync(descriptor, secondsOf(mtimeUs), secondsOf(mtimeUs));
}

function broken(why: string): MegalithError {
  return new MegalithError('PROTOCOL', `the sender of files broke the rules: ${why}`, {
    hint: 'see that both sides run the same version, and that the machine is one you trust',
  });
}
