import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ByteWriter,
  identityOf,
  JobJournal,
  type JobSpec,
  type MegalithError,
  RecordCursor,
  watchCancelRequest,
  writeDone,
  writeFailed,
  writeLog,
  writeStarted,
} from '@megalith/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelJob } from './cancel-job.js';
import { jobLogs, type LogChunk } from './job-logs.js';
import { jobResults } from './job-results.js';
import { listJobs, readJob } from './read-job.js';
import { removeJob } from './remove-job.js';
import { waitForJob } from './wait-for-job.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const agentUrl = import.meta.resolve('@megalith/agent');
const stats = {
  workerStartedAt: 0,
  startedAt: 1000,
  endedAt: 1250,
  inputMs: 0,
  outputMs: 0,
  coldStart: false,
  bytesIn: 1,
  bytesOut: 1,
  slot: 0,
};

function jobSpec(id: string): JobSpec {
  return {
    job: 3,
    id,
    name: `name of ${id}`,
    work: { kind: 'command', argv: ['echo', '{}'], stdin: 'ignore' },
    requirements: { cpus: 1, graceMs: 2000 },
    env: { TOKEN: 'hunter2' },
    cwd: '/somewhere',
    tags: ['pii'],
  };
}

function openJob(id: string, createdAt = Date.now()): JobJournal {
  return JobJournal.open(home, jobSpec(id), {
    host: identityOf(process.pid)!,
    onError: (error: MegalithError) => expect.unreachable(error.message),
    now: () => createdAt,
  });
}

function write(journal: JobJournal, add: (out: ByteWriter) => void): Promise<void> {
  const out = new ByteWriter();
  add(out);
  const payload = out.take();
  const record = new RecordCursor(payload);
  while (record.advance()) journal.tally.add(record);
  journal.records([payload]);
  return journal.flush();
}

/** Task 0 done, task 1 failed, task 2 failed and then done. */
function writeThreeTasks(journal: JobJournal): Promise<void> {
  return write(journal, out => {
    for (const index of [0, 1, 2]) writeStarted(out, { job: 3, index, attempt: 1 }, 1000, 0);
    writeFailed(out, { job: 3, index: 2, attempt: 1 }, { code: 'EXITED', message: 'exit 3' }, stats);
    writeFailed(out, { job: 3, index: 1, attempt: 1 }, { code: 'THREW', message: 'no luck' }, stats);
    writeStarted(out, { job: 3, index: 2, attempt: 2 }, 1000, 0);
    writeDone(out, { job: 3, index: 2, attempt: 2 }, stats, new Map([['two', 2n]]));
    writeDone(out, { job: 3, index: 0, attempt: 1 }, stats, 'zero');
  });
}

/** A process that accepts the job, starts two tasks, ends one and is killed. */
function loseJob(id: string): void {
  const program = `
    const { ByteWriter, identityOf, JobJournal, writeDone, writeStarted } = await import(${JSON.stringify(agentUrl)});
    const journal = JobJournal.open(process.argv[1], JSON.parse(process.argv[2]), { host: identityOf(process.pid), onError: console.error });
    const out = new ByteWriter();
    for (const index of [0, 1]) writeStarted(out, { job: 3, index, attempt: 1 }, 1000, 0);
    writeDone(out, { job: 3, index: 0, attempt: 1 }, ${JSON.stringify(stats)}, 'kept');
    journal.records([out.take()]);
    await journal.flush();
    process.kill(process.pid, 'SIGKILL');`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program, home, JSON.stringify(jobSpec(id))]);
  expect(run.signal, run.stderr.toString()).toBe('SIGKILL');
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('listing jobs', () => {
  it('gives none for a home that does not exist', async () => {
    expect(await listJobs({ home: join(home, 'none') })).toEqual([]);
  });

  it('gives all, newest first, each with its state and counts', async () => {
    const first = openJob('first', 1000);
    await writeThreeTasks(first);
    first.complete(3);
    await first.ended();
    const second = openJob('second', 2000);
    await write(second, out => writeStarted(out, { job: 3, index: 0, attempt: 1 }, 2000, 0));
    expect(await listJobs({ home })).toEqual([
      {
        id: 'second',
        name: 'name of second',
        kind: 'command',
        state: 'running',
        createdAt: new Date(2000).toISOString(),
        counts: { total: 1, complete: false, done: 0, failed: 0, cancelled: 0, running: 1 },
        tags: ['pii'],
      },
      {
        id: 'first',
        name: 'name of first',
        kind: 'command',
        state: 'failed',
        createdAt: new Date(1000).toISOString(),
        endedAt: new Date(1000).toISOString(),
        counts: { total: 3, complete: true, done: 2, failed: 1, cancelled: 0, running: 0 },
        tags: ['pii'],
      },
    ]);
    await second.ended();
  });

  it('tells of a job that it cannot read, and gives the others', async () => {
    await openJob('good').ended();
    mkdirSync(join(home, 'jobs', 'bad'));
    writeFileSync(join(home, 'jobs', 'bad', 'job.json'), '{"formatVersion":99}');
    const unreadable: string[] = [];
    const jobs = await listJobs({ home, onUnreadable: error => unreadable.push(error.message) });
    expect(jobs.map(job => job.id)).toEqual(['good']);
    expect(unreadable).toEqual([`the job in "${join(home, 'jobs', 'bad')}" has format 99`]);
    await expect(listJobs({ home })).rejects.toThrow('has format 99');
  });
});

describe('a job whose host was killed', () => {
  it('is lost, with the results that it had, and its journal is read once', async () => {
    loseJob('lost-1');
    const [job] = await listJobs({ home });
    expect(job).toMatchObject({
      state: 'lost',
      endedAt: expect.any(String),
      counts: { total: 2, complete: false, done: 1, failed: 0, cancelled: 0, running: 0 },
    });
    expect(await collect(jobResults('lost-1', { home }))).toMatchObject([{ index: 0, status: 'done', value: 'kept' }]);
    // Other bytes in a journal of the same size: a second reading would give an error.
    const path = join(home, 'jobs', 'lost-1', 'journal');
    writeFileSync(path, readFileSync(path).fill(0xff));
    expect((await readJob('lost-1', { home })).counts.done).toBe(1);
  });

  it('does not hold up those who wait for it or follow its logs', async () => {
    loseJob('lost-2');
    expect((await waitForJob('lost-2', { home })).state).toBe('lost');
    expect(await collect(jobLogs('lost-2', { home, follow: true }))).toEqual([]);
  });
});

describe('reading one job', () => {
  it('gives what was asked, how it went and what failed, and no value of the environment', async () => {
    const journal = openJob('job-1', 1000);
    await writeThreeTasks(journal);
    await journal.ended();
    const report = await readJob('job-1', { home });
    expect(report).toMatchObject({
      id: 'job-1',
      state: 'failed',
      work: { kind: 'command', argv: ['echo', '{}'] },
      requirements: { cpus: 1, graceMs: 2000 },
      envNames: ['TOKEN'],
      pid: process.pid,
      failures: [{ index: 1, attempt: 1, code: 'THREW', message: 'no luck' }],
      durations: { spanMs: 250, execMs: 1000, cpuMs: 0 },
    });
    expect(JSON.stringify(report)).not.toContain('hunter2');
  });

  it('takes a prefix that only one id has', async () => {
    await openJob('simulate-1').ended();
    await openJob('assemble-1').ended();
    expect((await readJob('sim', { home })).id).toBe('simulate-1');
  });

  it('prefers the id that is meant exactly to those it is a prefix of', async () => {
    await openJob('job-1').ended();
    await openJob('job-10').ended();
    expect((await readJob('job-1', { home })).id).toBe('job-1');
  });

  it('names the candidates of an ambiguous prefix', async () => {
    for (const id of ['job-1', 'job-2']) await openJob(id).ended();
    await expect(readJob('job', { home })).rejects.toMatchObject({
      code: 'USAGE',
      message: '2 jobs start with "job"',
      hint: 'write more of the id: "job-1", "job-2"',
    });
  });

  it('names near matches of an id that is not there', async () => {
    await openJob('simulate-1').ended();
    await expect(readJob('simulte', { home })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'there is no job "simulte"',
      hint: 'did you mean "simulate-1"?',
    });
    await expect(readJob('../x', { home })).rejects.toMatchObject({ code: 'NOT_FOUND', hint: 'see `megalith jobs`' });
  });
});

describe('the results of a job', () => {
  it('are what the tasks gave, then the failures that stand', async () => {
    const journal = openJob('job-1');
    await writeThreeTasks(journal);
    journal.omitted(5, 1, 2 ** 30);
    await journal.ended();
    expect(await collect(jobResults('job-1', { home }))).toMatchObject([
      { index: 2, attempt: 2, status: 'done', value: new Map([['two', 2n]]) },
      { index: 0, attempt: 1, status: 'done', value: 'zero' },
      { index: 5, attempt: 1, status: 'omitted', byteLength: 2 ** 30 },
      { index: 1, attempt: 1, status: 'failed', failure: { code: 'THREW', message: 'no luck' } },
    ]);
  });

  it('end with an error where the journal is damaged', async () => {
    const journal = openJob('job-1');
    await writeThreeTasks(journal);
    await journal.ended();
    const path = join(journal.dir, 'journal');
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('zero')]! ^= 1;
    writeFileSync(path, bytes);
    await expect(collect(jobResults('job-1', { home }))).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
  });
});

describe('the logs of a job', () => {
  const text = (chunks: readonly LogChunk[]) =>
    chunks.map(({ index, stream, bytes }) => `${index} ${stream} ${Buffer.from(bytes)}`);
  const writeLogs = (journal: JobJournal) =>
    write(journal, out => {
      writeLog(out, { job: 3, index: 0, attempt: 1 }, 'stdout', 0, Buffer.from('a'));
      writeLog(out, { job: 3, index: 1, attempt: 1 }, 'stdout', 0, Buffer.from('b'));
      writeLog(out, { job: 3, index: 1, attempt: 1 }, 'stderr', 0, Buffer.from('c'));
    });

  it('come in the order written, of all tasks or of one, of both streams or one', async () => {
    const journal = openJob('job-1');
    await writeLogs(journal);
    expect(text(await collect(jobLogs('job-1', { home })))).toEqual(['0 stdout a', '1 stdout b', '1 stderr c']);
    expect(text(await collect(jobLogs('job-1', { home, index: 1 })))).toEqual(['1 stdout b', '1 stderr c']);
    expect(text(await collect(jobLogs('job-1', { home, index: 1, stream: 'stderr' })))).toEqual(['1 stderr c']);
    await journal.ended();
  });

  it('are followed until the job ends', async () => {
    const journal = openJob('job-1');
    const following = jobLogs('job-1', { home, follow: true });
    await writeLogs(journal);
    expect((await following.next()).value).toMatchObject({ index: 0 });
    await write(journal, out => writeLog(out, { job: 3, index: 2, attempt: 1 }, 'stdout', 7, Buffer.from('late')));
    const ended = journal.ended();
    expect(text(await collect(following))).toEqual(['1 stdout b', '1 stderr c', '2 stdout late']);
    await ended;
  });
});

describe('waiting for a job', () => {
  it('gives how it ended', async () => {
    const journal = openJob('job-1');
    const waiting = waitForJob('job-1', { home });
    await writeThreeTasks(journal);
    await journal.ended();
    expect((await waiting).state).toBe('failed');
  });

  it('ends at its timeout, or with the reason of its signal, while the job goes on', async () => {
    const journal = openJob('job-1');
    await expect(waitForJob('job-1', { home, timeout: '50ms' })).rejects.toMatchObject({
      code: 'WAIT_TIMED_OUT',
      message: 'job "job-1" did not end within 50ms',
    });
    const controller = new AbortController();
    const waiting = waitForJob('job-1', { home, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect((await readJob('job-1', { home })).state).toBe('running');
    await journal.ended();
  });
});

describe('cancelling and removing', () => {
  it('asks the host of a running job, and nobody where the job is over', async () => {
    const journal = openJob('job-1');
    const asked = new Promise<string>((resolve, reject) => {
      watchCancelRequest(journal.dir, request => resolve(request.reason), reject);
    });
    expect(await cancelJob('job', { home, reason: 'no longer needed' })).toEqual({ id: 'job-1', requested: true });
    expect(await asked).toBe('no longer needed');
    await journal.ended('cancelled');
    expect(await cancelJob('job-1', { home })).toEqual({ id: 'job-1', requested: false });
  });

  it('removes a job that is over, and refuses one that runs', async () => {
    const journal = openJob('job-1');
    await expect(removeJob('job-1', { home })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'job "job-1" is running',
    });
    await journal.ended();
    expect(await removeJob('job-1', { home })).toBe('job-1');
    expect(readdirSync(join(home, 'jobs'))).toEqual([]);
  });
});
