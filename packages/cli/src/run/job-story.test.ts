import { type Candidate, type JobEvent, type Plan, unknownProfile } from '@megalith/core';
import { describe, expect, it } from 'vitest';
import { JobStory } from './job-story.js';

function planned(kind: 'here' | 'cloud', reason: string): JobEvent {
  const chosen = { site: { kind } } as Candidate;
  const plan: Plan = {
    chosen,
    candidates: [chosen],
    reason,
    label: 'internal',
    labelRule: '',
    goal: { objective: 'cost' },
    profile: unknownProfile,
  };
  return { type: 'planned', job: 'a1', plan };
}

const ended = (usd?: number): JobEvent => ({
  type: 'ended',
  job: 'a1',
  state: 'done',
  counts: { total: 1, done: 1, failed: 0, cancelled: 0, running: 0, complete: true },
  ...(usd === undefined ? {} : { usd }),
});

function told(events: readonly JobEvent[], isWhole = true): string[] {
  const lines: string[] = [];
  const story = new JobStory(line => lines.push(line), isWhole);
  for (const event of events) story.hear(event);
  return lines;
}

describe('the story of a job', () => {
  it('is nothing on this machine', () => {
    expect(told([planned('here', 'this machine'), ended(), ended(0)])).toEqual([]);
  });

  it('says once where it goes and why, where tasks go from there, and what it cost', () => {
    const reason = 'lambda us-east-1 1769MiB: $0.004 in about 12s; the cheapest of 14 that can take it';
    const escalating: JobEvent = {
      type: 'escalating',
      job: 'a1',
      index: 3,
      from: 'lambda us-east-1 1769MiB',
      to: 'new r7g.large',
      reason: 'it needs more than 1.7GiB',
      usd: 0.02,
    };
    const again = { ...escalating, index: 4, usd: 0 } as const;
    const all = [planned('cloud', reason), planned('cloud', reason), escalating, again, ended(0.024)];
    const whole = told(all);
    expect(told(all, false)).toEqual(whole.slice(1, -1));
    expect(whole).toEqual([
      reason,
      'task 3 goes from lambda us-east-1 1769MiB to new r7g.large, for about $0.02: it needs more than 1.7GiB',
      'task 4 goes from lambda us-east-1 1769MiB to new r7g.large: it needs more than 1.7GiB',
      'it cost $0.024',
    ]);
  });
});
