import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ByteWriter,
  identityOf,
  type JobDescription,
  JobJournal,
  type JobSummary,
  journalPath,
  mayBeRunning,
  readJobFolder,
  writeLog,
} from '@megalith/agent';
import { jobLogs, readJob } from '@megalith/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobCopy, mirrorHome } from './job-copy.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'megalith-copy-'));
});
afterEach(() => rmSync(root, { recursive: true }));

interface FarJob {
  readonly description: JobDescription;
  readonly summary: JobSummary;
  readonly journal: Buffer;
}

/** A job with some output, as a machine has it. */
async function farJob(id: string, lines: number, createdAt = 1000): Promise<FarJob> {
  const home = mkdtempSync(join(root, 'far-'));
  const spec = {
    job: 1,
    id,
    name: 'far',
    work: { kind: 'command', argv: ['true'], stdin: 'ignore' },
    requirements: { cpus: 1, graceMs: 0 },
    env: {},
    cwd: '/far',
    tags: [],
  } as const;
  const journal = JobJournal.open(home, spec, {
    host: identityOf(process.pid)!,
    onError: error => expect.unreachable(error.message),
    now: () => createdAt,
  });
  for (let line = 0; line < lines; line++) {
    const out = new ByteWriter();
    writeLog(out, { job: 1, index: 0, attempt: 1 }, 'stdout', line, Buffer.from(`line ${line} of ${createdAt}\n`));
    journal.records([out.take()]);
    await journal.flush();
  }
  journal.complete(0);
  await journal.ended();
  const folder = (await readJobFolder(home, id))!;
  return { description: folder.description, summary: folder.summary!, journal: readFileSync(journalPath(folder.dir)) };
}

/** One stream's worth: all from where the copy asks to go on, cut in pieces, up to `until`. */
async function feed(copy: JobCopy, far: FarJob, until = far.journal.length, piece = 7): Promise<boolean> {
  const from = await copy.resume();
  if (!copy.describe(far.description)) return false;
  for (let at = from; at < until; at += piece) {
    if (!copy.write(far.journal.subarray(at, Math.min(until, at + piece)))) return false;
  }
  return true;
}

const open = (id = 'a') => JobCopy.open(mirrorHome(root, 'ssh:alpha'), id, 'ssh:alpha');
const bytes = (copy: JobCopy) => readFileSync(journalPath(copy.dir));

describe('the copy of a job', () => {
  it('is the same bytes, wherever its copying was cut off, however often', async () => {
    const far = await farJob('a', 12);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(far.journal.length), { maxLength: 4 }),
        fc.integer({ min: 1, max: 200 }),
        async (cuts, piece) => {
          rmSync(mirrorHome(root, 'ssh:alpha'), { recursive: true, force: true });
          for (const cut of cuts) {
            const killed = await open();
            expect(await feed(killed, far, cut, piece)).toBe(true);
            killed.close();
          }
          const copy = await open();
          expect(await feed(copy, far)).toBe(true);
          expect(await copy.finish(far.description, far.summary)).toBe(true);
          expect(bytes(copy)).toEqual(far.journal);
          copy.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is what core reads, and only its owner', async () => {
    const far = await farJob('a', 3);
    const copy = await open();
    await feed(copy, far);
    await copy.finish(far.description, far.summary);
    copy.close();
    const home = mirrorHome(root, 'ssh:alpha');
    expect(await readJob('a', { home })).toMatchObject({ id: 'a', name: 'far', state: 'done' });
    const text: string[] = [];
    for await (const chunk of jobLogs('a', { home, follow: true })) text.push(Buffer.from(chunk.bytes).toString());
    expect(text.join('')).toBe('line 0 of 1000\nline 1 of 1000\nline 2 of 1000\n');
    for (const name of ['job.json', 'summary.json', 'journal']) {
      expect(statSync(join(copy.dir, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(copy.dir).mode & 0o777).toBe(0o700);
  });

  it('takes over where the far end was cut off and written anew', async () => {
    const far = await farJob('a', 4);
    const copy = await open();
    await feed(copy, far, far.journal.length - 5);
    // Half an entry came that the agent cut off when it was started again.
    const size = statSync(journalPath(copy.dir)).size;
    writeFileSync(journalPath(copy.dir), Buffer.concat([bytes(copy).subarray(0, size - 20), Buffer.alloc(500, 1)]));
    expect(await feed(copy, far)).toBe(true);
    expect(await copy.finish(far.description, far.summary)).toBe(true);
    expect(bytes(copy)).toEqual(far.journal);
    copy.close();
  });

  it('begins again where it is of another job, or of a journal that lost its end', async () => {
    const before = await farJob('a', 4, 1000);
    const after = await farJob('a', 2, 2000);
    const copy = await open();
    await feed(copy, before);
    // Known by its description alone: its journal may still be empty.
    expect(copy.describe(after.description)).toBe(false);
    copy.clear();
    expect(await feed(copy, after)).toBe(true);
    expect(await copy.finish(after.description, after.summary)).toBe(true);
    expect(bytes(copy)).toEqual(after.journal);

    const shorter = { ...after, journal: after.journal.subarray(0, 40) };
    await feed(copy, shorter);
    expect(await copy.finish(after.description, after.summary)).toBe(false);
    copy.close();
  });

  it('has no summary while its journal is not whole', async () => {
    const far = await farJob('a', 4);
    const copy = await open();
    await feed(copy, far, far.journal.length - 3);
    expect(await copy.finish(far.description, far.summary)).toBe(false);
    expect(existsSync(join(copy.dir, 'summary.json'))).toBe(false);
    truncateSync(journalPath(copy.dir), 10);
    copy.close();
  });

  it('may be written by two at once', async () => {
    const far = await farJob('a', 6);
    const [one, other] = [await open(), await open()];
    const from = [await one.resume(), await other.resume()];
    expect(from).toEqual([0, 0]);
    for (const copy of [one, other]) copy.describe(far.description);
    for (let at = 0; at < far.journal.length; at += 50) {
      one.write(far.journal.subarray(at, at + 50));
      if (at >= 100) other.write(far.journal.subarray(at - 100, at - 50));
    }
    expect(bytes(one)).toEqual(far.journal);
    expect(await one.finish(far.description, far.summary)).toBe(true);
    one.close();
    other.close();
  });

  it('of a job whose host can not be seen from here counts as running until it is known to be lost', async () => {
    const far = await farJob('a', 1);
    // The same machine name, and a process that is long gone.
    const description = { ...far.description, host: { pid: 2 ** 22 + 1, startTicks: 1 } };
    const copy = await open();
    await copy.resume();
    copy.describe(description);
    expect(mayBeRunning((await copy.folder())!)).toBe(true);
    copy.write(far.journal.subarray(0, 0));
    expect(await copy.finish(description, undefined)).toBe(true);
    expect(mayBeRunning((await copy.folder())!)).toBe(false);
    expect(await readJob('a', { home: mirrorHome(root, 'ssh:alpha') })).toMatchObject({ state: 'lost' });
    copy.close();
  });
});
