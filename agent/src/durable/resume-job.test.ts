import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { copyFile, cp, readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JobHost } from '../host/job-host.js';
import { jobFolder } from '../journal/home.js';
import { journalPath } from '../journal/job-journal.js';
import { JournalReader } from '../journal/journal-reader.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import { frameType, writeFrame, writeMessage } from '../protocol/frame.js';
import { type JobSpec, protocolVersion } from '../protocol/messages.js';
import { readRecords } from '../protocol/records.js';
import { appendTask, beginTasks } from '../protocol/tasks.js';

const taskCount = 4;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-resume-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function hostOf(home: string): JobHost {
  return new JobHost({
    entryFile: '',
    home,
    capacity: { cpus: 2, memoryBytes: 2 ** 30 },
    socketPath: join(folder, 'socket'),
    onRequest: () => undefined,
  });
}

function spec(extra: Partial<JobSpec> = {}): JobSpec {
  return {
    job: 1,
    id: 'resumed',
    name: 'resumed',
    work: { kind: 'command', shell: `echo {} >> ${folder}/deeds; sleep 0.03; echo out`, stdin: 'ignore' },
    requirements: { cpus: 1, graceMs: 500 },
    env: {},
    cwd: folder,
    tags: [],
    ...extra,
  };
}

/** Runs a job on a host to its end. */
async function runWhole(home: string, one: JobSpec): Promise<void> {
  const host = hostOf(home);
  const wire = new PassThrough();
  const client = host.serve(Object.assign(wire, { writable: false }) as unknown as Socket);
  const there = new PassThrough();
  there.on('data', (chunk: Buffer) => wire.emit('data', chunk));
  writeMessage(there, { type: 'hello', version: protocolVersion });
  writeMessage(there, { type: 'submit', spec: one, durable: true });
  const out = new ByteWriter();
  beginTasks(out, one.job);
  for (let index = 0; index < taskCount; index++) appendTask(out, index, 1, String(index));
  writeFrame(there, frameType.tasks, [out.take()]);
  writeMessage(there, { type: 'end', job: one.job, taskCount });
  await expect.poll(() => summaryOf(home), { timeout: 10_000 }).not.toBe('');
  client.close();
  await host.close();
}

function summaryOf(home: string): string {
  try {
    return readFileSync(join(jobFolder(home, 'resumed'), 'summary.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** The job as it was when its journal ended at that byte and its host died. */
async function cutAt(whole: string, home: string, end: number): Promise<void> {
  await cp(whole, home, { recursive: true });
  const dir = jobFolder(home, 'resumed');
  rmSync(join(dir, 'summary.json'), { force: true });
  truncateSync(journalPath(dir), end);
  const description = JSON.parse(await readFile(join(dir, 'job.json'), 'utf8')) as object;
  await writeFile(join(dir, 'job.json'), JSON.stringify({ ...description, host: { pid: 2 ** 30, startTicks: 1 } }));
}

async function entryEnds(home: string): Promise<{ ends: number[]; complete: number }> {
  const ends: number[] = [];
  let tasksEnd = 0;
  for await (const { kind, end, payload } of new JournalReader(journalPath(jobFolder(home, 'resumed')))) {
    ends.push(end);
    if (kind === 'control' && payload.includes('taskCount')) tasksEnd ||= end;
  }
  return { ends, complete: tasksEnd };
}

async function lastEvents(home: string): Promise<string[]> {
  const lasts: string[] = [];
  for await (const { kind, payload } of new JournalReader(journalPath(jobFolder(home, 'resumed')))) {
    if (kind !== 'records') continue;
    for (const event of readRecords(payload)) {
      const isLast = event.type === 'done' || (event.type === 'failed' && event.retrying !== true);
      if (isLast) lasts.push(`${event.index} ${event.type}`);
    }
  }
  return lasts.sort();
}

test('wherever the journal was cut off, each task of the job ends once', async () => {
  const whole = join(folder, 'whole');
  await runWhole(whole, spec());
  const { ends, complete } = await entryEnds(whole);
  let home = '';
  for (const [position, end] of ends.filter(one => one >= complete).entries()) {
    for (const torn of [0, 3]) {
      home = join(folder, `cut-${position}-${torn}`);
      await cutAt(whole, home, end + (end === ends.at(-1) ? 0 : torn));
      const host = hostOf(home);
      await host.resume();
      await expect.poll(() => summaryOf(home), { timeout: 10_000 }).not.toBe('');
      await host.close();
      expect(await lastEvents(home)).toEqual(['0 done', '1 done', '2 done', '3 done']);
      expect(JSON.parse(summaryOf(home))).toMatchObject({ state: 'done' });
    }
  }
});

test('a damaged job does not keep its host from the others', async () => {
  const whole = join(folder, 'whole');
  await runWhole(whole, spec());
  const { complete } = await entryEnds(whole);
  await cutAt(whole, join(folder, 'cut'), complete);
  const dir = jobFolder(join(folder, 'cut'), 'resumed');
  const bad = jobFolder(join(folder, 'cut'), 'bad');
  await cp(dir, bad, { recursive: true });
  await copyFile(join(dir, 'job.json'), join(bad, 'kept-spec'));
  const host = hostOf(join(folder, 'cut'));
  await host.resume();
  expect(host.jobs.map(job => job.spec.id)).toEqual(['resumed']);
  await host.close();
});
