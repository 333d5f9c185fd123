import type { AuditRecord } from '@megalith/core';
import { expect, it } from 'vitest';
import { auditTable, problemText, verdictText } from './audit-text.js';

const stamp = { seq: 7, at: '2026-01-02T03:04:05.678Z', who: 'ann@lab', prev: '0'.repeat(64), hash: 'f'.repeat(64) };
const job = {
  job: '2f9c',
  name: 'clean',
  work: 'clean',
  label: 'restricted',
  rule: 'tag "phi" is restricted',
} as const;
const place = { candidate: 'host alpha', site: 'alpha', clearance: 'restricted', reason: 'the cheapest' } as const;
const goal = { objective: 'cost' } as const;

it('gives each entry a line, whatever is in its words', () => {
  const entries: AuditRecord[] = [
    { ...stamp, kind: 'placement', ...job, ...place, name: 'a\nb', rejected: { POLICY: 2 }, goal },
    { ...stamp, kind: 'refusal', ...job, code: 'POLICY', reason: 'no place', rejected: {}, goal },
    { ...stamp, kind: 'escalation', ...job, ...place, task: 3, from: 'lambda' },
    { ...stamp, kind: 'declassify', what: ['/out/x'], was: 'restricted', to: 'public', reason: 'no names in it' },
    { ...stamp, kind: 'label', paths: ['/out/x'], label: 'restricted', from: 'job "clean"' },
    { ...stamp, kind: 'torn', bytes: 17, sha256: 'a'.repeat(64), file: 'torn.7.aaaaaaaa' },
  ];
  const [, ...lines] = auditTable(entries).trimEnd().split('\n');
  expect(
    lines.map(line => line.replace(/ {2,}/g, '|').replace(/^[ |]*7\|2026-01-02T03:04:05.678Z\|ann@lab\|/, '')),
  ).toEqual([
    'placement|restricted|a b (2f9c)|host alpha: the cheapest; tag "phi" is restricted',
    'refusal|restricted|clean (2f9c)|POLICY: no place; tag "phi" is restricted',
    'escalation|restricted|clean (2f9c), task 3|lambda → host alpha: the cheapest',
    'declassify|restricted → public|/out/x|no names in it',
    'label|restricted|/out/x|job "clean"',
    'torn|-|torn.7.aaaaaaaa|17 bytes of an entry that nobody finished',
  ]);
});

it('says what is wrong with a log in one sentence', () => {
  const verdict = { ok: false, entries: 1, head: 'f'.repeat(64) };
  expect(problemText(verdict, { file: '/h/log.ndjson', line: 2, what: 'was changed after it was written' })).toBe(
    'error: the audit log was changed: line 2 of "/h/log.ndjson" was changed after it was written; the 1 entry before it is as written\n' +
      'hint: keep the folder as it is, for who looks into it\n',
  );
});

it('gives the hash to note elsewhere', () => {
  expect(verdictText({ ok: true, entries: 2, head: 'f'.repeat(64), knownEntry: 1, unfinishedBytes: 1 })).toBe(
    `the audit log is whole: 2 entries, and goes back to entry 1, whose hash was given\nbehind them is 1 byte of an entry that nobody finished\nhead ${'f'.repeat(64)}\n`,
  );
});
