import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ClientConnection } from '../host/client-connection.js';
import { FileGrowth } from '../journal/file-growth.js';
import { type JobFolder, mayBeRunning, readJobFolder } from '../journal/job-folders.js';
import { journalPath } from '../journal/job-journal.js';
import { frameType } from '../protocol/frame.js';

export interface MirrorRange {
  readonly from: number;
  /** Go on with what is written later, until the job ends or its host is gone. */
  readonly follow: boolean;
}

/**
 * Sends a job's journal as it is, byte for byte; ends with the job's summary where there is one.
 * @returns whether that was all that the job will ever leave
 */
export async function mirrorJournal(
  connection: ClientConnection,
  job: JobFolder,
  { from, follow }: MirrorRange,
  signal: AbortSignal,
): Promise<boolean> {
  const path = journalPath(job.dir);
  connection.send({ type: 'mirror', description: job.description, summary: job.summary });
  const growth = follow ? new FileGrowth(path, signal) : undefined;
  try {
    for (let at = from, isLastRound = !follow; !signal.aborted; ) {
      at = await sendNew(connection, path, at, signal);
      if (isLastRound) break;
      const hasGrown = await growth!.next();
      const now = hasGrown ? undefined : await readJobFolder(job.home, job.id);
      if (!hasGrown) isLastRound = now === undefined || !mayBeRunning(now);
    }
  } finally {
    growth?.stop();
  }
  if (signal.aborted) return false;
  const after = await readJobFolder(job.home, job.id);
  const isOver = after === undefined || !mayBeRunning(after);
  connection.send({ type: 'mirrored', summary: after?.summary, isOver });
  return isOver;
}

async function sendNew(connection: ClientConnection, path: string, from: number, signal: AbortSignal): Promise<number> {
  const { size } = await stat(path);
  if (size <= from) return from;
  const bytes = createReadStream(path, { start: from, end: size - 1, highWaterMark: 1024 * 1024, signal });
  for await (const chunk of bytes) {
    if (!connection.sendFrame(frameType.journal, [chunk as Buffer])) {
      await new Promise<void>(resolve => connection.onDrained(resolve));
    }
  }
  return size;
}
