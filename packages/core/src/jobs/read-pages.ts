import {
  type ControlEntry,
  decodeControl,
  type JobFolder,
  JournalReader,
  journalPath,
  MegalithError,
  mayBeRunning,
  RecordCursor,
  readJobFolder,
} from '@megalith/agent';

/** One journal entry, decoded as far as it costs nothing. */
export type JournalPage =
  | { readonly kind: 'control'; readonly entry: ControlEntry }
  /** The cursor moves with the iteration: take from it what you need before the next step. */
  | { readonly kind: 'records'; readonly records: Iterable<RecordCursor> };

export interface PagesOptions {
  /** Go on with what is written later, until the job ends or its host is gone. @defaultValue false */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The journal of a job from its start.
 * @throws MegalithError JOURNAL_FAILED, after all that could be read, where the journal is damaged
 */
export async function* readPages(job: JobFolder, options: PagesOptions = {}): AsyncGenerator<JournalPage, void> {
  const reader = journalReader(job, options);
  try {
    for await (const { kind, payload } of reader) {
      if (kind === 'tasks') continue;
      if (kind !== 'control') {
        yield { kind: 'records', records: recordsOf(payload) };
        continue;
      }
      const entry = decodeControl(payload);
      yield { kind, entry };
      if (entry.type === 'ended') return;
    }
  } catch (error) {
    // The host died before it wrote any, or the job is being removed.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (reader.damage?.reason === 'corrupt') throw damaged(job.id, reader.damage.offset);
}

function journalReader(job: JobFolder, { follow, signal }: PagesOptions): JournalReader {
  return new JournalReader(journalPath(job.dir), {
    ...(follow && { follow: () => isStillWritten(job) }),
    ...(signal && { signal }),
  });
}

async function isStillWritten({ home, id }: JobFolder): Promise<boolean> {
  const job = await readJobFolder(home, id);
  return job !== undefined && mayBeRunning(job);
}

function damaged(id: string, offset: number): MegalithError {
  return new MegalithError('JOURNAL_FAILED', `the journal of job "${id}" is damaged at byte ${offset}`, {
    hint: 'what came before is right; the rest is lost, and the job is best run again',
    details: { id, offset },
  });
}

function* recordsOf(payload: Buffer): Generator<RecordCursor> {
  const cursor = new RecordCursor(payload);
  while (cursor.advance()) yield cursor;
}
