import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Label, relativeSteps, unlessMissing } from '@megalith/agent';
import { labelFetched } from '../labels/label-files.js';
import { requireClearance } from '../placement/clearance.js';
import { bodyChunks } from './body-chunks.js';
import { type CopySource, copySources } from './copy-sources.js';
import { fsFailure } from './fs-failure.js';
import type { CopyPlace } from './open-location.js';

export interface CopyOptions {
  /** All below a folder or the beginning of keys. @defaultValue false */
  readonly recursive?: boolean;
  /** Where labels of files are kept; see `megalithHome`. */
  readonly home: string;
  /** What this machine is cleared for. */
  readonly hereClearance: Label;
  readonly signal?: AbortSignal;
  /** Called as bytes pass. Must not throw. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** What was copied so far. */
export interface CopyProgress {
  /** Whole ones. */
  readonly objects: number;
  readonly bytes: number;
  /** Of those that were found so far. */
  readonly foundBytes: number;
}

/** So many at once: small objects cost a round trip each, large ones fill the line alone. */
const objectsAtOnce = 16;

/**
 * Copies objects between stores and this machine. Each keeps its label, and is at its target whole or not at all. The first failure ends it.
 * @throws MegalithError NOT_FOUND, USAGE, POLICY where the label is above the target's clearance, and what stores throw
 */
export async function copyObjects(from: CopyPlace, to: CopyPlace, options: CopyOptions): Promise<CopyProgress> {
  const { recursive = false, home, signal, onProgress } = options;
  const ending = new AbortController();
  const until = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const progress = { objects: 0, bytes: 0, foundBytes: 0 };
  const tell = (): void => onProgress?.({ ...progress });
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      progress.bytes += chunk.length;
      tell();
      yield chunk;
    }
  };
  const isFolder = recursive || (await meansFolder(to));
  const copyOne = async (source: CopySource): Promise<void> => {
    const body = counted(await source.open(until));
    if ('path' in to)
      await toFile(source, isFolder ? join(to.path, ...relativeSteps(source.relative)) : to.path, body, options, until);
    else
      await to.store.put(isFolder ? below(to.key, source.relative) : to.key, body, {
        label: source.label,
        signal: until,
      });
    progress.objects += 1;
    tell();
  };
  const underWay = new Set<Promise<void>>();
  try {
    for await (const source of copySources(from, { recursive, home, signal: until })) {
      if (ending.signal.aborted) break;
      progress.foundBytes += source.bytes;
      const copying = copyOne(source).then(
        () => void underWay.delete(copying),
        (error: unknown) => ending.abort(error),
      );
      underWay.add(copying);
      while (underWay.size >= objectsAtOnce && !until.aborted) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } catch (error) {
    ending.abort(error);
    await Promise.all(underWay);
  }
  // The first failure: others, and the listing, may have ended because of it.
  if (ending.signal.aborted) throw ending.signal.reason;
  return progress;
}

/** Where one object goes: into a folder under its own name, or to just this name. */
async function meansFolder(to: CopyPlace): Promise<boolean> {
  if (!('path' in to)) return to.key === '' || to.key.endsWith('/');
  if (to.path.endsWith('/')) return true;
  return (await unlessMissing(stat(to.path)))?.isDirectory() ?? false;
}

async function toFile(
  { name, label }: CopySource,
  path: string,
  body: AsyncIterable<Uint8Array>,
  { home, hereClearance }: CopyOptions,
  signal: AbortSignal,
): Promise<void> {
  requireClearance(label, { name: 'this machine', clearance: hereClearance }, name);
  const what = `to write "${path}"`;
  const part = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(part, 'wx');
    try {
      for await (const chunk of bodyChunks(body, what, signal)) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
    // Before it is there, so that no end of this program leaves it without.
    await labelFetched([path], label, name, home);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw fsFailure(what, error);
  }
}

function below(prefix: string, relative: string): string {
  return prefix === '' || prefix.endsWith('/') ? `${prefix}${relative}` : `${prefix}/${relative}`;
}
