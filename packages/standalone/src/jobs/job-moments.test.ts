import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter, identityOf, JobJournal, readJobFolder, writeLog, writeStarted } from '@megalith/agent';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobMoments } from './job-moments.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-moments-'));
});
afterEach(() => rmSync(home, { recursive: true }));

it('leaves out the output that stands before a start that is older, and no more', async () => {
  const spec = {
    job: 1,
    id: 'a',
    name: 'a',
    work: { kind: 'command', argv: ['true'], stdin: 'ignore' },
    requirements: { cpus: 1, graceMs: 0 },
    env: {},
    cwd: '/',
    tags: [],
  } as const;
  const journal = JobJournal.open(home, spec, {
    host: identityOf(process.pid)!,
    onError: error => expect.unreachable(error.message),
    now: () => 1000,
  });
  const write = async (add: (out: ByteWriter) => void): Promise<void> => {
    const out = new ByteWriter();
    add(out);
    journal.records([out.take()]);
    await journal.flush();
  };
  for (const [index, at] of [2000, 3000, 4000].entries()) {
    await write(out => writeStarted(out, { job: 1, index, attempt: 1 }, at, 0));
    await write(out => writeLog(out, { job: 1, index, attempt: 1 }, 'stdout', 0, Buffer.from(`after ${at}`)));
  }
  const job = (await readJobFolder(home, 'a'))!;
  const since = async (time?: number) => {
    const texts: string[] = [];
    for await (const moments of jobMoments(job, time === undefined ? {} : { since: time })) {
      for (const moment of moments) if (moment.type === 'log') texts.push(Buffer.from(moment.bytes).toString());
    }
    return texts;
  };
  const all = ['after 2000', 'after 3000', 'after 4000'];
  expect(await since()).toEqual(all);
  expect(await since(1500)).toEqual(all);
  // What was written after 2000 may have been written at 2900.
  expect(await since(2500)).toEqual(all);
  expect(await since(3500)).toEqual(all.slice(1));
  expect(await since(9000)).toEqual(all.slice(2));
  await journal.ended();
});
