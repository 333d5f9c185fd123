import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  type JobDescription,
  type JobFolder,
  type JobSummary,
  JournalReader,
  jobFolder,
  journalPath,
  MegalithError,
  readJobFolder,
  writeFileAtomicallySync,
} from '@megalith/agent';

/** The home that holds a client's copies of the jobs of one machine: functions that read jobs take it as they take any other. */
export function mirrorHome(home: string, machineId: string): string {
  return join(home, 'mirrors', encodeURIComponent(machineId));
}

/**
 * This client's copy of one job of a machine. The journal is a prefix of the far one, byte for byte; several processes may write the
 * same copy at once, for they write the same bytes to the same places. The summary is there only when the journal is whole.
 */
export class JobCopy {
  readonly dir: string;
  readonly #home: string;
  readonly #id: string;
  readonly #machine: string;
  readonly #file: number;
  /** Where the last whole entry starts, and where it ends: what comes next must begin with that entry. */
  #from = 0;
  #checked = 0;
  #at = 0;
  #described: string | undefined;

  private constructor(home: string, id: string, machine: string) {
    this.dir = jobFolder(home, id);
    this.#home = home;
    this.#id = id;
    this.#machine = machine;
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    this.#file = openFile(journalPath(this.dir));
  }

  /** @throws MegalithError USAGE for a bad id, DISK_FULL, JOURNAL_FAILED */
  static async open(home: string, id: string, machine: string): Promise<JobCopy> {
    const copy = new JobCopy(home, id, machine);
    try {
      const known = await readJobFolder(home, id);
      copy.#described = known && JSON.stringify(known.description);
      if (known === undefined) copy.clear();
      return copy;
    } catch (error) {
      copy.close();
      throw error;
    }
  }

  /** Looks how far the copy is whole. @returns the offset from which more is wanted: the last whole entry is compared once more */
  async resume(): Promise<number> {
    const reader = new JournalReader(journalPath(this.dir), { from: this.#from });
    for await (const { offset, end } of reader) {
      this.#from = offset;
      this.#checked = end;
    }
    this.#at = this.#from;
    return this.#from;
  }

  /** Takes the description. @returns false where the copy is of another job with the same id: it has to begin again */
  describe(description: JobDescription, isLost = false): boolean {
    const text = JSON.stringify({ ...description, copy: { machine: this.#machine, isLost } });
    if (text === this.#described) return true;
    const before = this.#described === undefined ? undefined : (JSON.parse(this.#described) as JobDescription);
    const isSame = before === undefined || before.createdAt === description.createdAt;
    if (!isSame) this.clear();
    writeFileAtomicallySync(join(this.dir, 'job.json'), text);
    this.#described = text;
    return isSame;
  }

  /**
   * Writes what comes next.
   * @returns false where it is not what the copy has in its place: the copy has to begin again
   * @throws MegalithError DISK_FULL, JOURNAL_FAILED
   */
  write(bytes: Buffer): boolean {
    const { size } = fstatSync(this.#file);
    const differsAt = size > this.#at ? this.#difference(bytes, size) : undefined;
    if (differsAt !== undefined) {
      if (differsAt < this.#checked) return false;
      // The end of the file was half an entry, which the far side has since cut off and written anew.
      ftruncateSync(this.#file, differsAt);
    }
    if (differsAt !== undefined || size < this.#at + bytes.length) this.#put(bytes);
    this.#at += bytes.length;
    return true;
  }

  /**
   * Nothing more will come. @returns false where the journal is not whole: the copy has to begin again
   */
  async finish(description: JobDescription, summary: JobSummary | undefined): Promise<boolean> {
    if (this.#at < this.#checked) return false;
    if (fstatSync(this.#file).size > this.#at) ftruncateSync(this.#file, this.#at);
    const end = this.#at;
    await this.resume();
    if (this.#checked !== end && summary !== undefined) return false;
    if (summary === undefined) this.describe(description, true);
    else writeFileAtomicallySync(join(this.dir, 'summary.json'), JSON.stringify(summary));
    return true;
  }

  /** Forgets everything but the folder. */
  clear(): void {
    rmSync(join(this.dir, 'summary.json'), { force: true });
    ftruncateSync(this.#file, 0);
    this.#from = 0;
    this.#checked = 0;
    this.#at = 0;
  }

  close(): void {
    closeSync(this.#file);
  }

  folder(): Promise<JobFolder | undefined> {
    return readJobFolder(this.#home, this.#id);
  }

  #difference(bytes: Buffer, size: number): number | undefined {
    const here = Buffer.allocUnsafe(Math.min(bytes.length, size - this.#at));
    const length = readSync(this.#file, here, 0, here.length, this.#at);
    if (here.compare(bytes, 0, length, 0, length) === 0) return undefined;
    let same = 0;
    while (here[same] === bytes[same]) same++;
    return this.#at + same;
  }

  #put(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#at + done);
      }
    } catch (error) {
      throw writeProblem(this.dir, error);
    }
  }
}

/** Opened to read and write, and made where it is missing. */
function openFile(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeProblem(path, error);
  }
  // Another process may make it at the same time.
  closeSync(openSync(path, 'a', 0o600));
  return openSync(path, 'r+');
}

function writeProblem(path: string, cause: unknown): MegalithError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new MegalithError(
    isFull ? 'DISK_FULL' : 'JOURNAL_FAILED',
    isFull ? `the disk that holds "${path}" is full` : `the copy of a job in "${path}" can't be written: ${message}`,
    { hint: 'the job goes on where it runs: make room here, and ask again', cause },
  );
}
