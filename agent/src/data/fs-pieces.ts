import { createHash, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, open, readdir, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { unlessMissing } from '../files/unless-missing.js';
import { identityOf } from '../process/process-identity.js';
import { type FsRecord, type FsRecords, keyHash, ownFolder } from './fs-records.js';

/** Of a machine that cannot be asked whether its process lives: what was not written to for so long has nobody, milliseconds. */
const forgottenMs = 24 * 3600_000;

const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** HASH.MACHINE.PID.START.RANDOM, where START tells a process from a later one with its pid. */
const pieceName = /^([0-9a-f]{40})\.([0-9a-f]{8})\.(\d+)\.(\d+)\.[0-9a-f]{8}$/;

/** What becomes an object once it is whole. */
export class FsPiece {
  readonly path: string;
  readonly #key: string;
  readonly #records: FsRecords;
  #recorded: BigIntStats | undefined;

  private constructor(path: string, key: string, records: FsRecords) {
    this.path = path;
    this.#key = key;
    this.#records = records;
  }

  static at(root: string, key: string, records: FsRecords): FsPiece {
    const name = `${keyHash(key)}.${machine}.${process.pid}.${startOf(process.pid) ?? 0}.${randomBytes(4).toString('hex')}`;
    return new FsPiece(join(piecesFolder(root), name), key, records);
  }

  /** Writes it through to the disk. @returns the SHA-256 of what was written */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    const hash = createHash('sha256');
    const file = await open(this.path, 'wx', 0o600);
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return hash.digest('hex');
  }

  /** Writes what is known of it, so that it is there when the object is. @returns the file as it will be found */
  async record(record: FsRecord): Promise<BigIntStats> {
    for (;;) {
      const file = await lstat(this.path, { bigint: true });
      if (await this.#records.add(this.#key, file, record)) {
        this.#recorded = file;
        return file;
      }
      // Written in the same tick of the clock as another of its key and length: somewhere else in this millisecond.
      const seconds = Math.floor(Date.now()) / 1000 + Math.random() / 1000;
      await utimes(this.path, seconds, seconds);
    }
  }

  /** Removes what did not become an object. */
  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    if (this.#recorded) await this.#records.remove(keyHash(this.#key), this.#recorded.size, this.#recorded.mtimeNs);
  }
}

export async function makePiecesFolder(root: string): Promise<void> {
  await mkdir(piecesFolder(root), { recursive: true, mode: 0o700 });
}

/** Removes what processes were putting when they died, and the records of it. */
export async function sweepPieces(root: string, records: FsRecords, now: number): Promise<void> {
  const folder = piecesFolder(root);
  for (const name of await readdir(folder)) {
    const [, hash, maker, pid, start] = pieceName.exec(name) ?? [];
    if (hash === undefined) continue;
    const path = join(folder, name);
    const file = await unlessMissing(lstat(path, { bigint: true }));
    if (file === undefined) continue;
    const hasMaker =
      maker === machine ? startOf(Number(pid)) === Number(start) : now - Number(file.mtimeMs) < forgottenMs;
    if (hasMaker) continue;
    // With a second name it has become an object, which needs its record.
    if (file.nlink === 1n) await records.remove(hash, file.size, file.mtimeNs);
    await rm(path, { force: true });
  }
}

function piecesFolder(root: string): string {
  return join(root, ownFolder, 'tmp');
}

/** Undefined where no such process lives; 0 where the system does not tell starts. */
function startOf(pid: number): number | undefined {
  const identity = identityOf(pid);
  return identity && (identity.startTicks ?? 0);
}
