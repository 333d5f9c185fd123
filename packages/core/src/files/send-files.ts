import { realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import {
  askFiles,
  type FileReport,
  fileFailure,
  MegalithError,
  relativeSteps,
  reportFrom,
  sendTrees,
} from '@megalith/agent';
import type { FileInput } from './file-argument.js';
import { ignoreRules } from './ignore-rules.js';

export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** A far side that sends nothing at all for so long is given up, milliseconds. @defaultValue 60,000 */
  readonly silenceMs?: number;
  /** Bytes of files so far; the total is undefined until everything is listed and compared. */
  readonly onProgress?: (sentBytes: number, totalBytes: number | undefined) => void;
}

/**
 * Sends files and folders into a job's folder over a stream that `serveFiles` serves. What is there already is not
 * sent again, so a transfer that was killed may simply be repeated. Folders travel without what their `.megalithignore`
 * files name. The stream stays open for another transfer, unless this one fails.
 *
 * Kept: permissions, times to the microsecond, links as they are, holes, names of any bytes, empty files and folders.
 * Not kept: owners, setuid and its like, extended attributes; hard links become copies.
 * @throws MegalithError USAGE, NOT_FOUND, DISK_FULL, PROTOCOL, TIMED_OUT, CANCELLED, CONTACT_LOST
 */
export async function sendFiles(
  stream: Duplex,
  inputs: readonly FileInput[],
  options: TransferOptions = {},
): Promise<FileReport> {
  const trees = inputs.map(located);
  const request = { deed: 'put', paths: trees.map(({ dest }) => dest) } as const;
  return await askFiles(stream, request, options, async channel =>
    reportFrom(await sendTrees(channel, trees, { ...options, problems: 'refuse' })),
  );
}

function located({ path, dest }: FileInput) {
  try {
    const isFolder = statSync(path).isDirectory();
    const real = realpathSync(path, 'buffer') as unknown as Buffer;
    const steps = relativeSteps(!isFolder && dest.endsWith('/') ? `${dest}${basename(resolve(path))}` : dest);
    return { path: real, dest: steps.join('/'), ...(isFolder ? { filter: ignoreRules(real) } : {}) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileFailure(path, 'read', cause);
    throw new MegalithError('NOT_FOUND', `"${path}" is not there`, {
      hint: 'see that the path is right; it is relative to the folder where the command runs',
      cause,
    });
  }
}
