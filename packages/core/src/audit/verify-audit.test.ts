import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openAudit } from './open-audit.js';
import { labelEntry } from './testing/entries.js';
import { verifyAudit } from './verify-audit.js';

// Three files of five entries or fewer, written once; every test damages a copy.
let source: string;
let hashes: string[];
let home: string;
beforeAll(async () => {
  source = mkdtempSync(join(tmpdir(), 'megalith-verify-'));
  const audit = openAudit(source, { segmentBytes: 1500 });
  hashes = [];
  for (let i = 0; i < 13; i++) hashes.push((await audit.append(labelEntry(i))).hash);
  await audit.close();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-verify-'));
  mkdirSync(join(home, 'audit'));
});
afterEach(() => rmSync(home, { recursive: true }));
afterAll(() => rmSync(source, { recursive: true }));

const files = ['log.1.ndjson', 'log.2.ndjson', 'log.ndjson'] as const;
const path = (name: string) => join(home, 'audit', name);
const restore = () => {
  for (const name of [...files, 'head']) copyFileSync(join(source, 'audit', name), path(name));
};
const linesOf = (name: string) => readFileSync(path(name), 'utf8').trimEnd().split('\n');
const write = (name: string, lines: readonly string[]) =>
  writeFileSync(path(name), lines.map(line => `${line}\n`).join(''));

it('finds nothing in a log that was left alone, or never written', async () => {
  expect(await verifyAudit(home)).toEqual({ ok: true, entries: 0, head: '0'.repeat(64) });
  restore();
  expect(readdirSync(join(source, 'audit')).filter(name => name.startsWith('log'))).toEqual([...files]);
  expect(await verifyAudit(home)).toEqual({ ok: true, entries: 13, head: hashes[12] });
});

it('finds any byte that was changed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (name, at, change) => {
        restore();
        const bytes = readFileSync(path(name));
        const place = at % bytes.length;
        bytes[place] = bytes[place]! ^ change;
        writeFileSync(path(name), bytes);
        const verdict = await verifyAudit(home);
        expect(verdict).toMatchObject({ ok: false, firstProblem: { what: expect.any(String) } });
      },
    ),
    { numRuns: 300 },
  );
});

it('finds any byte that was taken out or put in, and any end that was cut off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(),
      fc.constantFrom('out', 'in', 'cut'),
      async (name, at, how) => {
        restore();
        const bytes = readFileSync(path(name));
        const place = at % bytes.length;
        const behind = how === 'cut' ? [] : [bytes.subarray(how === 'out' ? place + 1 : place)];
        const put = how === 'in' ? [Buffer.from(' ')] : [];
        writeFileSync(path(name), Buffer.concat([bytes.subarray(0, place), ...put, ...behind]));
        expect((await verifyAudit(home)).ok).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});

it('finds any lines that were taken out, put in twice or put elsewhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(),
      fc.nat(),
      fc.constantFrom('out', 'twice', 'swap'),
      async (name, one, other, how) => {
        restore();
        const lines = linesOf(name);
        const [a, b] = [one % lines.length, other % lines.length];
        if (how === 'out') lines.splice(a, 1);
        else if (how === 'twice') lines.splice(b, 0, lines[a]!);
        else {
          fc.pre(a !== b);
          [lines[a], lines[b]] = [lines[b]!, lines[a]!];
        }
        write(name, lines);
        expect((await verifyAudit(home)).ok).toBe(false);
      },
    ),
    { numRuns: 200 },
  );
});

it('says which line, and what is wrong with it', async () => {
  restore();
  const lines = linesOf('log.2.ndjson');
  write('log.2.ndjson', lines.with(1, lines[1]!.replace('/out/', '/etc/')));
  const file = path('log.2.ndjson');
  expect((await verifyAudit(home)).firstProblem).toEqual({ file, line: 2, what: 'was changed after it was written' });
  write('log.2.ndjson', lines.toSpliced(1, 2));
  const first = JSON.parse(lines[0]!).seq as number;
  expect((await verifyAudit(home)).firstProblem).toEqual({
    file,
    line: 2,
    what: `is entry ${first + 3}: entries ${first + 1} to ${first + 2} are missing before it`,
  });
  write('log.2.ndjson', [lines[0]!, lines[0]!, ...lines.slice(1)]);
  expect((await verifyAudit(home)).firstProblem?.what).toBe(
    `is entry ${first}, and stands where entry ${first + 1} should be`,
  );
});

it('finds a file that is missing, an end that was cut off, and a head that is gone', async () => {
  restore();
  rmSync(path('log.1.ndjson'));
  expect((await verifyAudit(home)).firstProblem?.what).toContain('are missing before it');
  restore();
  write('log.ndjson', linesOf('log.ndjson').slice(0, -1));
  expect((await verifyAudit(home)).firstProblem).toEqual({
    file: path('head'),
    what: 'has 13 as the number of entries: the last 1 are missing',
  });
  restore();
  rmSync(path('head'));
  expect((await verifyAudit(home)).firstProblem).toEqual({ file: path('head'), what: 'is missing' });
  writeFileSync(path('head'), '{}');
  expect((await verifyAudit(home)).firstProblem).toEqual({ file: path('head'), what: 'holds no head of a log' });
});

it('tells a log that was written anew by a hash that was noted elsewhere', async () => {
  restore();
  expect(await verifyAudit(home, { knownHash: hashes[4]! })).toMatchObject({ ok: true, knownEntry: 5 });
  rmSync(join(home, 'audit'), { recursive: true });
  const audit = openAudit(home);
  for (let i = 0; i < 13; i++) await audit.append(labelEntry(i + 1));
  await audit.close();
  expect((await verifyAudit(home)).ok).toBe(true);
  expect((await verifyAudit(home, { knownHash: hashes[4]! })).firstProblem?.what).toContain('was written anew');
});
