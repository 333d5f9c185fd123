import { ByteWriter, RecordCursor, type TaskEvent, writeFailed, writeLog } from '@megalith/agent';
import { expect, test } from 'vitest';
import { HeldEvents } from './held-events.js';

const task = { job: 1, index: 4, attempt: 1 };

function failure(attempt: number, { retrying = false, logged = false }): Buffer {
  const out = new ByteWriter();
  writeFailed(out, { ...task, attempt }, { code: 'EXITED', message: 'it failed' });
  const records = out.take();
  const cursor = new RecordCursor(records);
  cursor.advance();
  if (retrying) cursor.setRetrying();
  if (logged) cursor.setLogged();
  return records;
}

function log(attempt: number): Buffer {
  const out = new ByteWriter();
  writeLog(out, { ...task, attempt }, 'stdout', 0, Buffer.from('x'));
  return out.take();
}

function short(events: readonly TaskEvent[]): string[] {
  return events.map(({ type, attempt }) => `${attempt} ${type}`);
}

test('an end waits for the output before it', () => {
  const held = new HeldEvents();
  held.sent(4, 1);
  expect(held.entry('events', 30, failure(1, { logged: true }))).toEqual([]);
  expect(short(held.entry('logs', 20, log(1)))).toEqual(['1 log']);
  expect(short(held.entry('logs', 30, Buffer.alloc(0)))).toEqual(['1 failed']);
});

test('a failure that was held goes before the output of the next attempt', () => {
  const held = new HeldEvents();
  held.sent(4, 1);
  held.entry('events', 30, failure(1, { logged: true, retrying: true }));
  held.entry('events', 50, failure(2, { logged: true }));
  expect(short(held.entry('logs', 20, log(1)))).toEqual(['1 log']);
  expect(short(held.entry('logs', 40, log(2)))).toEqual(['1 failed', '2 log']);
  expect(short(held.entry('logs', 50, Buffer.alloc(0)))).toEqual(['2 failed']);
});

test('output of the next attempt that came before the failure waits for it', () => {
  const held = new HeldEvents();
  held.sent(4, 1);
  expect(held.entry('logs', 40, log(2))).toEqual([]);
  expect(short(held.entry('events', 30, failure(1, { retrying: true })))).toEqual(['1 failed', '2 log']);
  expect(held.hasEarly).toBe(false);
});

test('what a job tells of tasks that were not sent yet waits for the sending', () => {
  const held = new HeldEvents();
  expect(held.entry('events', 30, failure(1, {}))).toEqual([]);
  expect(held.hasEarly).toBe(true);
  expect(short(held.sent(4, 1))).toEqual(['1 failed']);
  expect(held.hasEarly).toBe(false);
});
