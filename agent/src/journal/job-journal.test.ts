import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MegalithError } from '../errors.js';
import { identityOf } from '../process/process-identity.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import type { AttemptStats, JobSpec } from '../protocol/messages.js';
import { RecordCursor, writeDone, writeFailed, writeStarted } from '../protocol/records.js';
import { type ControlEntry, decodeControl } from './entries.js';
import { readDescription } from './job-description.js';
import { mayBeRunning, readJobFolder } from './job-folders.js';
import { JobJournal, journalPath } from './job-journal.js';
import { readSummary } from './job-summary.js';
import { JournalReader } from './journal-reader.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const options = {
  host: identityOf(process.pid)!,
  onError: (error: MegalithError) => expect.unreachable(error.message),
  now: () => Date.parse('2026-01-02T03:04:05Z'),
};

const spec: JobSpec = {
  job: 7,
  id: 'job-1',
  name: 'simulate',
  work: {
    kind: 'function',
    bundle: { hash: 'abc', code: 'export default () => "CODE"', captured: Buffer.from('CAPTURED') },
    isolation: 'process',
    shared: [
      { name: 'table', source: 'load', bundle: { hash: 'def', code: 'LOADER', captured: Buffer.from('CAPTURED') } },
    ],
  },
  requirements: { cpus: 1, graceMs: 2000 },
  env: { TOKEN: 'hunter2' },
  cwd: '/somewhere',
  tags: ['pii'],
};

const stats: AttemptStats = {
  workerStartedAt: 0,
  startedAt: 1000,
  endedAt: 1250,
  inputMs: 0,
  outputMs: 0,
  coldStart: false,
  cpuUserMs: 100,
  cpuSystemMs: 50,
  peakMemoryBytes: 2 ** 25,
  bytesIn: 1,
  bytesOut: 1,
  slot: 0,
};

function records(journal: JobJournal, write: (out: ByteWriter) => void): void {
  const out = new ByteWriter();
  write(out);
  const payload = out.take();
  const record = new RecordCursor(payload);
  while (record.advance()) journal.tally.add(record);
  journal.records([payload]);
}

async function controls(dir: string): Promise<ControlEntry[]> {
  const found: ControlEntry[] = [];
  for await (const { kind, payload } of new JournalReader(journalPath(dir))) {
    if (kind === 'control') found.push(decodeControl(payload));
  }
  return found;
}

describe('a job journal', () => {
  it('has the description on disk when the job is accepted', async () => {
    const journal = JobJournal.open(home, spec, options);
    expect(await readDescription(journal.dir)).toMatchObject({
      formatVersion: 1,
      id: 'job-1',
      name: 'simulate',
      work: { kind: 'function', bundleHash: 'abc', shared: [{ name: 'table', source: 'load' }] },
      createdAt: '2026-01-02T03:04:05.000Z',
      host: identityOf(process.pid),
      envNames: ['TOKEN'],
      tags: ['pii'],
      cwd: '/somewhere',
    });
    expect(mayBeRunning((await readJobFolder(home, 'job-1'))!)).toBe(true);
    await journal.ended();
  });

  it('keeps no code, no captured value and no value of the environment', async () => {
    const journal = JobJournal.open(home, spec, options);
    await journal.ended();
    for (const name of readdirSync(journal.dir)) {
      expect(readFileSync(join(journal.dir, name), 'latin1')).not.toMatch(/CODE|CAPTURED|LOADER|hunter2/);
    }
  });

  it('lets only the owner in', async () => {
    const journal = JobJournal.open(home, spec, options);
    await journal.ended();
    const modes = [journal.dir, ...readdirSync(journal.dir).map(name => join(journal.dir, name))].map(
      path => statSync(path).mode & 0o777,
    );
    expect(readdirSync(journal.dir).sort()).toEqual(['job.json', 'journal', 'summary.json']);
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  });

  it('tells the whole story, and its end in brief', async () => {
    const journal = JobJournal.open(home, spec, options);
    records(journal, out => {
      for (const index of [0, 1, 2]) writeStarted(out, { job: 7, index, attempt: 1 }, 1000, 0);
      writeDone(out, { job: 7, index: 0, attempt: 1 }, stats, 'value');
      writeFailed(out, { job: 7, index: 1, attempt: 1 }, { code: 'THREW', message: 'no luck' }, stats);
      writeFailed(out, { job: 7, index: 2, attempt: 1 }, { code: 'EXITED', message: 'exit 3' }, stats);
      writeStarted(out, { job: 7, index: 2, attempt: 2 }, 1000, 0);
    });
    journal.complete(4);
    expect(journal.tally.counts).toEqual({ total: 4, complete: true, done: 1, failed: 1, cancelled: 0, running: 1 });
    records(journal, out => {
      writeDone(out, { job: 7, index: 2, attempt: 2 }, { ...stats, endedAt: 1500 }, 'value');
      writeFailed(out, { job: 7, index: 3, attempt: 1 }, { code: 'CANCELLED', message: 'enough' });
    });
    await journal.ended();
    const counts = { total: 4, complete: true, done: 2, failed: 1, cancelled: 1, running: 0 };
    expect(await readSummary(journal.dir)).toEqual({
      state: 'failed',
      endedAt: '2026-01-02T03:04:05.000Z',
      counts,
      failures: [{ index: 1, attempt: 1, code: 'THREW', message: 'no luck' }],
      peakMemoryBytes: 2 ** 25,
      durations: { spanMs: 500, execMs: 1250, cpuMs: 600 },
    });
    const story = await controls(journal.dir);
    expect(story.map(entry => entry.type)).toEqual(['submitted', 'taskCount', 'ended']);
    expect(story.at(-1)).toMatchObject({ state: 'failed', counts, peakMemoryBytes: 2 ** 25 });
    expect(mayBeRunning((await readJobFolder(home, 'job-1'))!)).toBe(false);
  });

  it('records why a job as a whole could not run', async () => {
    const journal = JobJournal.open(home, spec, options);
    await journal.ended('failed', { code: 'CANNOT_SHIP', message: 'no such module', hint: 'install it' });
    expect(await readSummary(journal.dir)).toMatchObject({
      state: 'failed',
      failure: { code: 'CANNOT_SHIP', message: 'no such module', hint: 'install it' },
    });
  });

  it('keeps nothing that comes after the end', async () => {
    const journal = JobJournal.open(home, spec, options);
    const ended = journal.ended();
    records(journal, out => writeStarted(out, { job: 7, index: 0, attempt: 1 }, 1000, 0));
    journal.complete(1);
    await ended;
    expect((await controls(journal.dir)).map(entry => entry.type)).toEqual(['submitted', 'ended']);
  });

  it('reports a summary that cannot be written, and leaves the end in the journal', async () => {
    const errors: MegalithError[] = [];
    const journal = JobJournal.open(home, spec, { ...options, onError: error => errors.push(error) });
    mkdirSync(join(journal.dir, 'summary.json'));
    await expect(journal.ended()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    expect(errors.map(error => error.code)).toEqual(['JOURNAL_FAILED']);
    expect((await controls(journal.dir)).at(-1)).toMatchObject({ type: 'ended', state: 'done' });
  });

  it('refuses an id that is taken, and leaves that job alone', async () => {
    const journal = JobJournal.open(home, spec, options);
    await journal.ended();
    expect(() => JobJournal.open(home, spec, options)).toThrow('there is a job "job-1" already');
    expect(readdirSync(journal.dir)).toContain('summary.json');
  });

  it.each(['../elsewhere', '.', '', 'a/b', '-rf', 'x'.repeat(129)])('refuses the id %j', id => {
    expect(() => JobJournal.open(home, { ...spec, id }, options)).toThrow(`"${id}" is not a job id`);
  });

  it('says what is wrong where the home is no folder', () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    expect(() => JobJournal.open(file, spec, options)).toThrow(/can't be written: ENOTDIR/);
  });
});
