import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeControl } from '../journal/entries.js';
import { JournalTail } from '../journal/journal-tail.js';
import { JournalWriter } from '../journal/journal-writer.js';
import type { Failure } from '../protocol/messages.js';
import { type EntrySink, JobReader, type LaneName } from './job-reader.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-reader-'));
  path = join(folder, 'journal');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A client that takes so many entries before it asks for a pause, which ends when it is let go on. */
class Client implements EntrySink {
  readonly got: Record<LaneName, string[]> = { events: [], logs: [] };
  readonly order: string[] = [];
  readonly seen = { events: 0, logs: 0 };
  isPaused = false;
  failure: Failure | undefined;
  isOver = false;
  #goOn: (() => void) | undefined;

  entry(lane: LaneName, end: number, parts: readonly Uint8Array[]): boolean {
    expect(end).toBeGreaterThanOrEqual(this.seen[lane]);
    this.seen[lane] = end;
    if (parts.length > 0) {
      const name = Buffer.concat(parts).subarray(0, 12).toString();
      this.got[lane].push(name);
      this.order.push(name);
    }
    return !this.isPaused;
  }

  drained(): Promise<void> {
    if (!this.isPaused) return Promise.resolve();
    return new Promise(resolve => {
      this.#goOn = resolve;
    });
  }

  goOn(): void {
    this.isPaused = false;
    this.#goOn?.();
  }

  over(failure?: Failure): void {
    this.isOver = true;
    this.failure = failure;
  }
}

interface Journal {
  readonly writer: JournalWriter;
  readonly tail: JournalTail;
}

function journal(): Journal {
  const tail = new JournalTail();
  const writer = JournalWriter.open(path, {
    onError: error => expect.unreachable(error.message),
    onWritten: entry => tail.add(entry),
  });
  return { writer, tail };
}

function end({ writer }: Journal): Promise<void> {
  const counts = { total: 0, complete: true, done: 0, failed: 0, cancelled: 0, running: 0 };
  writer.append('control', [encodeControl({ type: 'ended', at: 1, state: 'done', counts })]);
  return writer.close();
}

function read(client: Client, source: { path: string; tail?: JournalTail }): JobReader {
  const reader: JobReader = new JobReader(client, source, client.seen, error => {
    client.over({ code: 'JOURNAL_FAILED', message: String(error) });
  });
  return reader;
}

/** Both lanes of a client that comes and goes, from memory and from the file, hold all entries once and in order. */
test('a reader that pauses and comes back gets everything once, and is told of the end', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constantFrom('records', 'logs'), bytes: fc.oneof(fc.nat(200), fc.nat(900_000)) }),
    },
    fc.constantFrom('pause', 'go on', 'turn', 'flush', 'return'),
  );
  const sameAsWritten = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
    rmSync(path, { force: true });
    const own = journal();
    const client = new Client();
    let reader = read(client, { path, tail: own.tail });
    const wanted: Record<LaneName, string[]> = { events: [], logs: [] };
    for (const [number, one] of steps.entries()) {
      if (one === 'pause') client.isPaused = true;
      else if (one === 'go on') client.goOn();
      else if (one === 'turn') await turn();
      else if (one === 'flush') await own.writer.flush();
      else if (one === 'return') {
        reader.close();
        client.goOn();
        reader = read(client, { path, tail: own.tail });
      } else {
        const name = String(number).padStart(12, '0');
        own.writer.append(one.kind as 'records' | 'logs', [Buffer.from(name), Buffer.alloc(one.bytes)]);
        wanted[one.kind === 'logs' ? 'logs' : 'events'].push(name);
      }
    }
    client.goOn();
    await end(own);
    await expect.poll(() => client.isOver, { timeout: 10_000 }).toBe(true);
    expect(client.failure).toBeUndefined();
    expect(client.got).toEqual(wanted);
    const past = new Client();
    read(past, { path });
    await expect.poll(() => past.isOver, { timeout: 10_000 }).toBe(true);
    expect(past.got).toEqual(wanted);
  });
  await fc.assert(sameAsWritten, { numRuns: 60 });
});

test('a flood of logs does not hold back a result', async () => {
  const own = journal();
  const client = new Client();
  client.isPaused = true;
  read(client, { path, tail: own.tail });
  for (let piece = 0; piece < 100; piece++) own.writer.append('logs', [Buffer.alloc(2 ** 20, 'x')]);
  own.writer.append('records', [Buffer.from('the result')]);
  await end(own);
  client.goOn();
  await expect.poll(() => client.isOver, { timeout: 20_000 }).toBe(true);
  expect(client.order).toHaveLength(101);
  // One piece was on its way when the client paused.
  expect(client.order.indexOf('the result')).toBeLessThanOrEqual(1);
});

test('a journal that was cut off, or is damaged where it must be read, is an error and no wait', async () => {
  const own = journal();
  for (let piece = 0; piece < 12; piece++) own.writer.append('logs', [Buffer.alloc(2 ** 20, 'x')]);
  await own.writer.flush();
  const cutOff = new Client();
  read(cutOff, { path });
  await expect.poll(() => cutOff.failure?.code, { timeout: 10_000 }).toBe('JOURNAL_FAILED');
  for (const spoil of [() => writeFileSync(path, Buffer.alloc(2 ** 21)), () => truncateSync(path, 1000)]) {
    spoil();
    const client = new Client();
    read(client, { path, tail: own.tail });
    await expect.poll(() => client.failure?.code, { timeout: 10_000 }).toBe('JOURNAL_FAILED');
  }
});
