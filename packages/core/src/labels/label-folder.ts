import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MegalithError, unlessMissingSync, writeFileAtomicallySync } from '@megalith/agent';
import { type LabelRecord, recordIn, recordKey } from './label-record.js';

const recordName = /^([0-9a-f]{32})\.json$/;

/**
 * The records of a label book on disk: one small file for each path, and for each folder above it a note that there is something below.
 * Nothing of it is opened where nothing was ever labelled.
 */
export class LabelFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws MegalithError JOURNAL_FAILED where the record is damaged: what it said is not to be forgotten */
  read(path: string): LabelRecord | undefined {
    return this.#readKey(recordKey(path));
  }

  /** Of a path, then of the folders above it, as far as there are any. */
  upwards(path: string): LabelRecord[] {
    const found: LabelRecord[] = [];
    for (let at = path; ; at = dirname(at)) {
      const record = this.read(at);
      if (record !== undefined) found.push(record);
      if (at === dirname(at)) return found;
    }
  }

  /** Of all that is below a folder, at any depth. */
  below(folder: string): LabelRecord[] {
    const prefix = folder.endsWith('/') ? folder : `${folder}/`;
    return namesIn(this.#markers(folder)).flatMap(key => {
      const record = this.#readKey(key);
      return record?.path.startsWith(prefix) ? [record] : [];
    });
  }

  all(): LabelRecord[] {
    return namesIn(this.#folder).flatMap(name => {
      const key = recordName.exec(name)?.[1];
      return (key === undefined ? undefined : this.#readKey(key)) ?? [];
    });
  }

  write(record: LabelRecord): void {
    const key = recordKey(record.path);
    // First of all how it is found from above: a note that leads nowhere does no harm.
    for (let at = record.path; at !== dirname(at); at = dirname(at)) {
      const markers = this.#markers(dirname(at));
      mkdirSync(markers, { recursive: true, mode: 0o700 });
      writeFileSync(join(markers, key), '', { mode: 0o600 });
    }
    writeFileAtomicallySync(this.#path(key), `${JSON.stringify(record)}\n`);
  }

  #readKey(key: string): LabelRecord | undefined {
    const path = this.#path(key);
    const text = unlessMissingSync(() => readFileSync(path, 'utf8'));
    if (text === undefined) return undefined;
    const record = recordIn(text);
    if (record !== undefined && recordKey(record.path) === key) return record;
    throw new MegalithError('JOURNAL_FAILED', `"${path}" holds no label`, {
      hint: 'find out whose label it was before you remove it: the file that it is about then has none',
      details: { path },
    });
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`);
  }

  #markers(folder: string): string {
    return join(this.#folder, 'below', recordKey(folder));
  }
}

function namesIn(folder: string): string[] {
  return unlessMissingSync(() => readdirSync(folder)) ?? [];
}
