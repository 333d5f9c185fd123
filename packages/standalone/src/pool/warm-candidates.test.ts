import { type Label, labels } from '@megalith/agent';
import type { JobRequest } from '@megalith/core';
import { describe, expect, it } from 'vitest';
import { jobRequest } from '../backend/job-request.fixture.js';
import type { CloudMachine } from './cloud-machine.js';
import type { LaunchIntent } from './launch-intent.js';
import { noUses } from './machine-uses.js';
import type { PoolTerms } from './new-candidates.js';
import { type KnownMachine, warmCandidate } from './warm-candidates.js';

const now = 10_000_000;
const gib = 2 ** 30;
const kind = { provider: 'ec2', region: 'us-east-1', image: 'ami', type: 'm6i.xlarge' };
const idle = { machine: 'i-1', at: now - 20_000, busyMs: 1000, tailMs: 90_000 };
const uses = { ...noUses('k', kind), idle: [idle], restartsMs: [30_000] };
const site = { name: 'ec2 us-east-1', kind: 'cloud', region: 'us-east-1', clearance: 'confidential' } as const;
const terms: PoolTerms = { cloud: 'ec2', site, maxLifetimeMs: 86_400_000, usesOf: () => uses };
const plan = { idleTailMs: 60_000, why: '', atEnd: 'terminate', at: now - 30_000 } as const;

const intent: LaunchIntent = {
  formatVersion: 1,
  id: 'a'.repeat(16),
  provider: 'ec2',
  region: 'us-east-1',
  owner: 'ann',
  label: 'internal',
  requirements: { cpus: 1, memoryBytes: gib },
  job: 'earlier',
  createdAt: 0,
  expiresAt: now + 3_600_000,
  tries: [],
  machine: 'i-1',
  servedAt: now - 300_000,
  releasedAt: now - 20_000,
};

function machine(more: Partial<CloudMachine> = {}, label: Label = 'internal'): CloudMachine {
  const tags = { intent: intent.id, owner: 'ann', label, expiresAt: now + 3_600_000, image: 'ami' };
  const { region, type } = kind;
  return {
    id: 'i-1',
    state: 'running',
    region,
    zone: 'us-east-1a',
    type,
    market: 'on-demand',
    launchedAt: 0,
    tags,
    ...more,
  };
}

const worth = { cpus: 4, usableMemoryBytes: 14 * gib, usdPerHour: 0.192, diskUsdPerHour: 0, localDiskBytes: 0 };

function candidate(known: Partial<KnownMachine> = {}, wanted: Partial<JobRequest> = {}, its = terms, owner = 'ann') {
  const all = { machine: machine(), worth, intent, note: { plan }, ...known };
  return warmCandidate(all, jobRequest(wanted), { owner, image: 'ami' }, its, Number.POSITIVE_INFINITY, now);
}

describe('a machine that is up without work', () => {
  it('is a candidate at once, of which the rest of its idle tail is paid for', () => {
    expect(candidate()).toMatchObject({
      id: 'warm i-1',
      kind: 'warm',
      site: { name: 'ec2 us-east-1', region: 'us-east-1', clearance: 'internal' },
      slots: 4,
      usdPerHour: 0.192,
      billing: { per: 'hour', minimumMs: 0, idleTailMs: 90_000, paidMs: 70_000 },
      limits: { timeMs: 3_599_000 },
    });
    expect(candidate()!.startMs).toBeLessThan(5000);
    expect(candidate({}, { taskCount: 2 })!.slots).toBe(2);
  });

  it('may have been made for whoever comes', () => {
    const { job: _, releasedAt: __, ...forAnyone } = intent;
    const fresh = { ...terms, usesOf: () => undefined };
    expect(candidate({ intent: forAnyone }, {}, fresh)).toMatchObject({ billing: { paidMs: 30_000 } });
  });

  it('is none for a job of another label, whether lower or higher', () => {
    for (const own of labels) {
      for (const label of labels) {
        expect(candidate({ machine: machine({}, own) }, { label }) !== undefined).toBe(own === label);
      }
    }
  });

  it('is none where somebody has it or owns it, where it is too small or unknown, and where it goes soon', () => {
    const { releasedAt: _, ...busy } = intent;
    const tags = { ...machine().tags, expiresAt: now + 60_000 };
    const gone = { ...uses, idle: [{ ...idle, at: now - 85_000 }] };
    expect(candidate({ intent: busy })).toBeUndefined();
    expect(candidate({ intent: undefined })).toBeUndefined();
    expect(candidate({ intent: { ...intent, closedAt: now } })).toBeUndefined();
    expect(candidate({}, {}, terms, 'bob')).toBeUndefined();
    expect(candidate({}, { requirements: { cpus: 5, graceMs: 0 } })).toBeUndefined();
    expect(candidate({}, { requirements: { cpus: 1, memoryBytes: 15 * gib, graceMs: 0 } })).toBeUndefined();
    expect(candidate({ worth: undefined })).toBeUndefined();
    expect(candidate({ note: undefined })).toBeUndefined();
    expect(candidate({ machine: machine({ tags }) })).toBeUndefined();
    expect(candidate({}, {}, { ...terms, usesOf: () => gone })).toBeUndefined();
    expect(candidate({ machine: machine({ state: 'shutting-down' }) })).toBeUndefined();
  });

  it('that is stopped is like a new one with a shorter start', () => {
    const stopped = { machine: machine({ state: 'stopped' }), note: { plan: { ...plan, stoppedForMs: 600_000 } } };
    expect(candidate(stopped)).toMatchObject({
      id: 'stopped i-1',
      kind: 'new',
      startMs: 30_000,
      billing: { minimumMs: 60_000, startMs: 30_000 },
    });
    expect(candidate(stopped)!.billing).not.toHaveProperty('paidMs');
    expect(candidate({ machine: machine({ state: 'stopped' }) })).toBeUndefined();
  });
});
