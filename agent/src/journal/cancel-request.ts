import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { MegalithError } from '../errors.js';
import { writeFileAtomically } from './atomic-file.js';
import { jobFolder } from './home.js';
import { readJsonFile } from './job-description.js';

/** A request is seen this late where the system tells nothing of it, as on network disks. */
const pollMs = 1000;

export interface CancelRequest {
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * Asks the host of a job to cancel it, whichever process that is. A second request replaces the first.
 * @throws MegalithError NOT_FOUND where the job has no folder
 */
export async function requestCancel(home: string, id: string, reason: string): Promise<void> {
  const request: CancelRequest = { reason, at: new Date().toISOString() };
  try {
    await writeFileAtomically(requestPath(jobFolder(home, id)), JSON.stringify(request));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new MegalithError('NOT_FOUND', `there is no job "${id}"`, { hint: 'see `megalith jobs`' });
  }
}

/**
 * Calls back once, when a cancel request is in the job's folder. A job shorter than the first poll costs no watch, only a
 * timer; neither keeps the process alive.
 * @param onError a request that can't be read; the watch is over then
 * @returns ends the watch; idempotent
 */
export function watchCancelRequest(
  folder: string,
  onCancel: (request: CancelRequest) => void,
  onError: (error: unknown) => void,
): () => void {
  const path = requestPath(folder);
  let watcher: FSWatcher | undefined;
  let isStopped = false;

  const stop = () => {
    isStopped = true;
    clearInterval(timer);
    watcher?.close();
  };
  const look = async () => {
    try {
      const request = (await readJsonFile(path)) as CancelRequest | undefined;
      if (request === undefined || isStopped) return;
      stop();
      onCancel(request);
    } catch (error) {
      if (isStopped) return;
      stop();
      onError(error);
    }
  };
  const timer = setInterval(() => {
    watcher ??= watchFolder(folder, () => void look());
    void look();
  }, pollMs).unref();
  return stop;
}

function requestPath(folder: string): string {
  return join(folder, 'cancel');
}

/** Undefined where the system has no watch to give: the poll goes on alone. */
function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || name === 'cancel') onChange();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return undefined;
    throw error;
  }
}
