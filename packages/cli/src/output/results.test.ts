import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openResults } from './results.js';

const folder = mkdtempSync(join(tmpdir(), 'megalith-results-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['a.json', ['1', '{"x":2}'], '[\n1,\n{"x":2}\n]\n'],
  ['b.json', [], '[]\n'],
  ['c.ndjson', ['1', '{"x":2}'], '1\n{"x":2}\n'],
  ['d.ndjson', [], ''],
])('writes %s', (name, texts, expected) => {
  const path = join(folder, name);
  const results = openResults(path);
  for (const text of texts) results.add(text);
  expect(existsSync(path)).toBe(false);
  results.end(true);
  expect(readFileSync(path, 'utf8')).toBe(expected);
  expect(results.path).toBe(path);
});

it('never gives a part the name of the whole', () => {
  const path = join(folder, 'part.ndjson');
  const results = openResults(path);
  results.add('1');
  results.end(false);
  expect(existsSync(path)).toBe(false);
  expect(readFileSync(results.path!, 'utf8')).toBe('1\n');
});

it('refuses a place that cannot be written, as a usage error', () => {
  expect(() => openResults(join(folder, 'no/such/x.json'))).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
