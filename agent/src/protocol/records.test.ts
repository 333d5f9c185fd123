import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import type { AttemptStats, TaskEvent } from './messages.js';
import { RecordCursor, readRecords, writeDone, writeFailed, writeLog, writeProgress, writeStarted } from './records.js';

const task = fc.record(
  { job: fc.nat(2 ** 32 - 1), index: fc.nat(2 ** 32 - 1), attempt: fc.nat(2 ** 16 - 1) },
  { noNullPrototype: true },
);
const milliseconds = fc.float({ min: 0, max: 1e6, noNaN: true });
const stats = fc.record(
  {
    workerStartedAt: fc.double({ noNaN: true }),
    startedAt: fc.double({ noNaN: true }),
    endedAt: fc.double({ noNaN: true }),
    inputMs: milliseconds,
    outputMs: milliseconds,
    coldStart: fc.boolean(),
    cpuUserMs: milliseconds,
    cpuSystemMs: milliseconds,
    peakMemoryBytes: fc.nat(),
    bytesIn: fc.nat(),
    bytesOut: fc.nat(),
    slot: fc.nat(2 ** 31),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'workerStartedAt',
      'startedAt',
      'endedAt',
      'inputMs',
      'outputMs',
      'coldStart',
      'bytesIn',
      'bytesOut',
      'slot',
    ],
  },
) as fc.Arbitrary<AttemptStats>;

const event: fc.Arbitrary<TaskEvent> = fc.oneof(
  fc
    .tuple(task, fc.double({ noNaN: true }), fc.nat())
    .map(([t, at, slot]) => ({ type: 'started' as const, ...t, at, slot })),
  fc
    .tuple(task, fc.constantFrom('stdout' as const, 'stderr' as const), fc.nat(), fc.uint8Array())
    .map(([t, stream, offset, bytes]) => ({ type: 'log' as const, ...t, stream, offset, bytes: Buffer.from(bytes) })),
  fc.tuple(task, fc.jsonValue()).map(([t, value]) => ({ type: 'progress' as const, ...t, value })),
  fc.tuple(task, stats, fc.jsonValue()).map(([t, s, value]) => ({ type: 'done' as const, ...t, stats: s, value })),
  fc.tuple(task, fc.option(stats, { nil: undefined }), fc.string()).map(([t, s, message]) => ({
    type: 'failed' as const,
    ...t,
    failure: { code: 'THREW' as const, message },
    ...(s === undefined ? {} : { stats: s }),
  })),
);

function write(out: ByteWriter, e: TaskEvent): void {
  if (e.type === 'started') writeStarted(out, e, e.at, e.slot);
  else if (e.type === 'log') writeLog(out, e, e.stream, e.offset, e.bytes);
  else if (e.type === 'progress') writeProgress(out, e, e.value);
  else if (e.type === 'done') writeDone(out, e, e.stats, e.value);
  else writeFailed(out, e, e.failure, e.stats);
}

/** Two buffers with the same bytes may differ in where they lie. */
function bytesAsNumbers(e: TaskEvent): unknown {
  return e.type === 'log' ? { ...e, bytes: [...e.bytes] } : e;
}

describe('records', () => {
  it('decode to the events that were written, with the length of the result filled in', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), events => {
        const out = new ByteWriter(16);
        for (const e of events) write(out, e);
        const read = readRecords(out.take());
        expect(read).toHaveLength(events.length);
        read.forEach((after, position) => {
          const before = events[position] as TaskEvent;
          if (after.type === 'done' && before.type === 'done') {
            const bytesOut = after.stats.bytesOut;
            expect(bytesOut).toBeGreaterThan(0);
            expect(after).toStrictEqual({ ...before, stats: { ...before.stats, bytesOut } });
          } else {
            expect(bytesAsNumbers(after)).toStrictEqual(bytesAsNumbers(before));
          }
        });
      }),
    );
  });

  it('are stepped through without decoding, and renumbered in place', () => {
    const out = new ByteWriter();
    writeLog(out, { job: 1, index: 7, attempt: 2 }, 'stderr', 0, Buffer.from('hello'));
    writeFailed(out, { job: 1, index: 8, attempt: 1 }, { code: 'CRASHED', message: 'gone' });
    const cursor = new RecordCursor(out.take());
    expect(cursor.advance()).toBe(true);
    expect([cursor.index, cursor.logStream, cursor.logLength]).toEqual([7, 'stderr', 5]);
    cursor.setJob(9);
    cursor.setLogOffset(100);
    expect(cursor.event()).toMatchObject({ job: 9, offset: 100 });
    expect(cursor.advance()).toBe(true);
    expect([cursor.index, cursor.execMs, cursor.stats]).toEqual([8, Number.NaN, undefined]);
    expect(cursor.advance()).toBe(false);
  });

  it('that cannot be written leave nothing behind', () => {
    const out = new ByteWriter();
    const ref = { job: 1, index: 0, attempt: 1 };
    expect(() => writeProgress(out, ref, () => 1)).toThrow('the progress value is a function');
    expect(out.length).toBe(0);
  });
});
