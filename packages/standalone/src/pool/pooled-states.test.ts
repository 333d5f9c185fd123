import { expect, it } from 'vitest';
import type { AgentAnswer } from './agent-report.js';
import type { CloudMachine } from './cloud-machine.js';
import type { LaunchIntent } from './launch-intent.js';
import { type PoolFacts, pooledState } from './pooled-states.js';

const hourMs = 3_600_000;
const now = 100 * hourMs;
const machine: CloudMachine = {
  id: 'i-1',
  state: 'running',
  region: 'us-east-1',
  zone: 'us-east-1a',
  type: 'r6i.large',
  market: 'on-demand',
  launchedAt: now - hourMs / 2,
  tags: { intent: 'a1', owner: 'ann@laptop', label: 'internal', expiresAt: now + 5 * hourMs, image: 'ami-1' },
};
const intent: LaunchIntent = {
  formatVersion: 1,
  id: 'a1',
  provider: 'ec2',
  region: 'us-east-1',
  owner: 'ann@laptop',
  label: 'internal',
  requirements: { cpus: 1, memoryBytes: 1 },
  job: 'job-1',
  createdAt: 0,
  expiresAt: now + 5 * hourMs,
  tries: [],
};
const answer: AgentAnswer = {
  state: 'answered',
  at: now,
  jobs: 0,
  isLeased: false,
  clients: 0,
  isDraining: false,
  isInterrupted: false,
  reasons: ['it is kept for the next job'],
  endsInMs: 1999.6,
  idleTailMs: 60_000,
  label: 'confidential',
};
const stated = (facts: Partial<PoolFacts> = {}) =>
  pooledState({ machine, intent, report: answer, usdPerHour: 2, ...facts }, now);

it('the state of a machine whose agent answers is what the agent says', () => {
  expect(stated()).toEqual({
    id: 'i-1',
    state: 'warm',
    type: 'r6i.large',
    zone: 'us-east-1a',
    market: 'on-demand',
    owner: 'ann@laptop',
    label: 'confidential',
    job: 'job-1',
    jobs: 0,
    why: ['it is kept for the next job'],
    launchedAt: now - hourMs / 2,
    usdPerHour: 2,
    usdSoFar: 1,
    endsInMs: 2000,
    expiresInMs: 5 * hourMs,
  });
});

it('a machine whose agent is silent is up for what it was made for', () => {
  const silent = { state: 'unreachable', at: now, problem: 'port 22 refuses' } as const;
  const why = (facts: Partial<PoolFacts>) => stated({ report: silent, ...facts }).why;
  expect(why({})).toEqual(['it was made for job job-1', 'port 22 refuses']);
  expect(why({ intent: { ...intent, closedAt: 1 } })).toEqual(['nobody wants it any more', 'port 22 refuses']);
  expect(why({ intent: undefined })).toEqual(['this client did not make it', 'port 22 refuses']);
  const { job: _, ...warm } = intent;
  expect(why({ intent: warm, report: undefined, machine: { ...machine, state: 'pending' } })).toEqual([
    'it was made to be warm',
  ]);
  const kept = { ...machine, tags: { ...machine.tags, keep: 'a demo' } };
  expect(why({ machine: kept })).toContain('somebody keeps it: a demo');
});

it('an idle machine says why it stays for so long, and what comes then', () => {
  const plan = {
    idleTailMs: 60_000,
    why: 'it pays',
    atEnd: 'stop',
    stoppedForMs: 3 * hourMs,
    whyEnd: 'jobs come back',
  } as const;
  const why = (facts: Partial<PoolFacts>) => stated({ plan: { ...plan, at: now - hourMs }, ...facts }).why;
  const kept = 'it is kept for the next job';
  expect(why({})).toEqual([kept, 'it pays', 'then it is stopped for 3 h at most: jobs come back']);
  // Somebody else has told it otherwise.
  expect(why({ report: { ...answer, idleTailMs: 61_000 } })).toEqual([kept]);
  const { endsInMs: _, ...busy } = answer;
  expect(why({ report: { ...busy, reasons: ['a job runs'] } })).toEqual(['a job runs']);
  const off = { machine: { ...machine, state: 'stopped' as const }, report: undefined };
  expect(why(off)).toEqual(['it is stopped for the next job', 'jobs come back']);
  expect(stated({ ...off, plan: { ...plan, at: now - hourMs } }).endsInMs).toBe(2 * hourMs + 60_000);
});

it('what is not known is left out', () => {
  const { expiresInMs, usdPerHour, usdSoFar } = stated({
    machine: { ...machine, tags: { ...machine.tags, expiresAt: Number.NaN } },
    usdPerHour: undefined,
  });
  expect({ expiresInMs, usdPerHour, usdSoFar }).toEqual({});
  // A stopped machine does not cost what its last start says.
  expect(stated({ machine: { ...machine, state: 'stopped' } }).usdSoFar).toBeUndefined();
});
