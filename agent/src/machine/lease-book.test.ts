import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LeaseRequest } from '../protocol/machine-messages.js';
import type { LeaseFacts } from './judge-lease.js';
import { LeaseBook } from './lease-book.js';

let home: string;
let facts: LeaseFacts;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-lease-'));
  const capacity = { cpus: 4, memoryBytes: 100 };
  facts = { agent: 'a1', otherAgents: new Set(), isShared: false, jobs: [], isClosed: false, capacity };
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const request: LeaseRequest = {
  type: 'lease',
  holder: { owner: 'ann', job: 'j1' },
  label: 'restricted',
  requirements: { cpus: 1, memoryBytes: 1 },
  ttlMs: 1000,
};
const other: LeaseRequest = { ...request, holder: { owner: 'bob', job: 'j2' } };

function open(): LeaseBook {
  return new LeaseBook(home, () => facts);
}

test('what was granted is known after a restart, and nobody else can read it', () => {
  expect(open().ask(request, 0)).toMatchObject({ granted: true });
  expect(statSync(join(home, 'lease.json')).mode & 0o777).toBe(0o600);
  const again = open();
  expect(again.waitingFor).toEqual(request.holder);
  expect(again.allows('j1', 1)).toBe(true);
  expect(again.allows('j2', 1)).toBe(false);
  expect(again.ask(other, 1)).toMatchObject({ granted: false, reason: 'BUSY' });
  expect(again.allows('j1', 1000)).toBe(false);
  expect(open().ask({ ...other, label: 'public' }, 2000)).toMatchObject({ granted: false, reason: 'LABEL' });
});

test('a lease goes with its job, and the file says so', () => {
  const book = open();
  book.ask(request, 0);
  facts = { ...facts, jobs: ['j1'] };
  book.look(1);
  expect(book.waitingFor).toBeUndefined();
  // Its time is over, its job is not.
  expect(book.allows('j1', 5000)).toBe(true);
  book.end(request.holder, 5000);
  expect(book.allows('j1', 5000)).toBe(true);
  facts = { ...facts, jobs: [] };
  book.look(5001);
  expect(JSON.parse(readFileSync(join(home, 'lease.json'), 'utf8'))).toEqual({ label: 'restricted' });
  expect(book.ask(other, 5002)).toMatchObject({ granted: true });
});

test('a holder that gives its lease back makes room at once; others cannot do it', () => {
  const book = open();
  book.ask(request, 0);
  book.end(other.holder, 1);
  expect(book.ask(other, 1)).toMatchObject({ reason: 'BUSY' });
  book.end(request.holder, 1);
  expect(book.ask(other, 1)).toMatchObject({ granted: true });
});

test('of the agents of two versions one grants at a time', () => {
  const older = open();
  const younger = new LeaseBook(home, () => ({ ...facts, agent: 'a2', otherAgents: new Set(['a1']) }));
  older.ask(request, 0);
  expect(younger.ask(other, 1)).toMatchObject({ reason: 'BUSY' });
  expect(younger.allows('j1', 1)).toBe(false);
  older.end(request.holder, 2);
  expect(younger.ask(other, 3)).toMatchObject({ granted: true });
  expect(older.ask(request, 4)).toMatchObject({ reason: 'BUSY' });
});

test.each([['{"label":"publi'], ['{"label":"secret"}'], ['7'], ['{"lease":{"holder":{"owner":"a","job":"../x"}}}']])(
  'a damaged file, %s, stands for the highest label',
  text => {
    writeFileSync(join(home, 'lease.json'), text);
    expect(open().ask({ ...request, label: 'confidential' }, 0)).toMatchObject({ reason: 'LABEL' });
    expect(open().ask(request, 0)).toMatchObject({ granted: true });
  },
);

test('a request that is none is refused', () => {
  const book = open();
  const wrong = [
    { ...request, label: 'secret' },
    { ...request, ttlMs: Number.NaN },
    { ...request, holder: { owner: 'ann', job: '../up' } },
    { type: 'lease' },
  ] as unknown as LeaseRequest[];
  for (const one of wrong) expect(() => book.ask(one, 0)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
