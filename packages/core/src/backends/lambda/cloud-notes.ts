import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fieldsOf, parsedJson, unlessMissing, writeFileAtomically } from '@megalith/agent';

/** What was learned of functions in a region. Times are epoch milliseconds. */
export interface CloudNotes {
  /** When each function was last seen to be there. */
  readonly seen: Readonly<Record<string, number>>;
  readonly concurrency?: { readonly value: number; readonly at: number };
  /** When old functions were last looked for. */
  readonly collectedAt?: number;
  /** What a first call takes longer than others, by the name of its function, milliseconds. */
  readonly coldMs: Readonly<Record<string, number>>;
}

/** Notes that all processes of a home share. They only save questions: lost ones are asked anew. */
export interface NoteBook {
  read(): Promise<CloudNotes>;
  /** Changes what is there now, which others may have written meanwhile. */
  change(change: (notes: CloudNotes) => CloudNotes): Promise<void>;
}

export const noNotes: CloudNotes = { seen: {}, coldMs: {} };

/** @param home Megalith's home; the notes are in `cloud/lambda-REGION.json` there */
export function noteFile(home: string, region: string): NoteBook {
  const path = join(home, 'cloud', `lambda-${region}.json`);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    read: () => readNotes(path),
    change(change) {
      const changed = turn.then(async () => {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFileAtomically(path, JSON.stringify(change(await readNotes(path))));
      });
      turn = changed.catch(() => undefined);
      return changed;
    },
  };
}

async function readNotes(path: string): Promise<CloudNotes> {
  return notesOf(parsedJson((await unlessMissing(readFile(path, 'utf8'))) ?? ''));
}

function notesOf(read: unknown): CloudNotes {
  const { seen, concurrency, collectedAt, coldMs } = fieldsOf(read);
  const { value, at } = fieldsOf(concurrency);
  return {
    seen: numbersOf(seen),
    coldMs: numbersOf(coldMs),
    ...(typeof value === 'number' && typeof at === 'number' ? { concurrency: { value, at } } : {}),
    ...(typeof collectedAt === 'number' ? { collectedAt } : {}),
  };
}

function numbersOf(value: unknown): Record<string, number> {
  const numbers = Object.entries(fieldsOf(value)).filter((entry): entry is [string, number] =>
    Number.isFinite(entry[1]),
  );
  return Object.fromEntries(numbers);
}
