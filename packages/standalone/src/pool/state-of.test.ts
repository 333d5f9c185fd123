import type { MachineStatus } from '@megalith/agent';
import { describe, expect, it } from 'vitest';
import { type AgentAnswer, type AgentReport, reportOf } from './agent-report.js';
import type { CloudMachine, CloudState } from './cloud-machine.js';
import type { LaunchIntent } from './launch-intent.js';
import { bootGraceMs, reportFreshMs, stateOf } from './state-of.js';

const launchedAt = 1_000_000;
const now = launchedAt + 3_600_000;
const machine = (state: CloudState, label: CloudMachine['tags']['label'] = 'internal'): CloudMachine => ({
  id: 'i-1',
  state,
  region: 'eu-west-1',
  zone: 'eu-west-1a',
  type: 'r6i.large',
  market: 'on-demand',
  launchedAt,
  tags: { intent: 'x', owner: 'ann', label, expiresAt: now + 1, image: 'ami-1' },
});
const status: MachineStatus = {
  machine: { hostname: 'h', cpus: 2, usableMemoryBytes: 1, nodeVersion: 'v20', pid: 1 },
  agent: 'hash',
  startedAt: 1,
  now: 5_000,
  clients: 0,
  draining: false,
  idleMs: 60_000,
  endsAt: 25_000,
  reasons: ['it is kept for the next job'],
  jobs: [],
};
const answer: AgentAnswer = reportOf(status, now);
const closed = { closedAt: now - 1 } as LaunchIntent;

describe('an agent report', () => {
  it('has no time of the clock that the machine has', () => {
    expect(answer).toEqual({
      state: 'answered',
      at: now,
      jobs: 0,
      isLeased: false,
      clients: 0,
      isDraining: false,
      isInterrupted: false,
      reasons: status.reasons,
      idleTailMs: 60_000,
      endsInMs: 20_000,
      idleForMs: 40_000,
    });
    const { endsAt: _, ...held } = status;
    const lease = { owner: 'ann', job: 'j', label: 'internal', until: 9 } as const;
    const leased = reportOf({ ...held, lease, label: 'internal' }, now);
    expect(leased).toMatchObject({ isLeased: true, label: 'internal' });
    expect(leased).not.toHaveProperty('idleForMs');
  });
});

describe('the state of a machine', () => {
  it.each<[CloudState, string]>([
    ['pending', 'launching'],
    ['stopping', 'stopping'],
    ['stopped', 'stopped'],
    ['shutting-down', 'terminating'],
    ['terminated', 'terminated'],
  ])('is what the cloud says while it is %s: %s', (state, expected) => {
    expect(stateOf(machine(state), { ...answer, jobs: 1 }, undefined, now)).toMatchObject({
      state: expected,
      isLeased: false,
      held: 'internal',
    });
  });

  it.each<[string, AgentReport | undefined, LaunchIntent | undefined, number, string]>([
    ['never answered, and is young', undefined, undefined, launchedAt + bootGraceMs - 1, 'bootstrapping'],
    ['never answered, and is old', undefined, undefined, launchedAt + bootGraceMs, 'lost'],
    ['is out of reach', { state: 'unreachable', at: now }, undefined, now, 'lost'],
    ['waits', answer, undefined, now, 'warm'],
    ['has a job', { ...answer, jobs: 1 }, undefined, now, 'leased'],
    ['has a holder', { ...answer, isLeased: true }, undefined, now, 'leased'],
    ['drains', { ...answer, isDraining: true }, undefined, now, 'draining'],
    ['is taken back', { ...answer, isInterrupted: true }, undefined, now, 'draining'],
    ['is not wanted', answer, closed, now, 'draining'],
    ['is past its end', { ...answer, at: now + 1 }, undefined, now + 1, 'draining'],
    ['was heard long ago', answer, undefined, now + reportFreshMs + 1, 'lost'],
    ['was heard before its last start', { ...answer, at: launchedAt - 1 }, undefined, launchedAt + 1, 'bootstrapping'],
  ])('of one that %s', (_, report, intent, at, expected) => {
    expect(stateOf(machine('running'), report, intent, at).state).toBe(expected);
  });

  it('counts the higher of what the tag and the agent say as held', () => {
    expect(stateOf(machine('running'), { ...answer, label: 'restricted' }, undefined, now).held).toBe('restricted');
    expect(stateOf(machine('running'), { ...answer, label: 'public' }, undefined, now).held).toBe('internal');
    expect(stateOf(machine('running'), undefined, undefined, now).held).toBe('internal');
  });
});
