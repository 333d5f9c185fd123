import { expect, it } from 'vitest';
import { journalledSpec } from '../journal/entries.js';
import type { Label } from '../protocol/label.js';
import type { JobSpec } from '../protocol/messages.js';
import { isSameJob } from './same-job.js';

const spec = (label?: Label): JobSpec => ({
  job: 1,
  id: 'a',
  name: 'a',
  work: { kind: 'command', argv: ['true'], stdin: 'ignore' },
  requirements: { cpus: 1, graceMs: 0 },
  env: {},
  cwd: '/',
  tags: [],
  ...(label === undefined ? {} : { label }),
});

it.each<[Label | undefined, Label | undefined, boolean]>([
  ['internal', 'internal', true],
  ['internal', 'restricted', true],
  [undefined, 'internal', true],
  ['restricted', 'internal', false],
  ['restricted', undefined, false],
])('a job that was %s and is sent as %s is the same: %s', (was, is, isSame) => {
  expect(isSameJob(spec(was), spec(is))).toBe(isSame);
  const kept = { formatVersion: 1, createdAt: '', hostname: '', host: { pid: 1, startTicks: 1, bootId: '' } };
  expect(isSameJob({ ...kept, ...journalledSpec(spec(was)) }, spec(is))).toBe(isSame);
});
