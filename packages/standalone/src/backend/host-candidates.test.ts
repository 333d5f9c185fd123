import { isLower, type Label, labels } from '@megalith/agent';
import type { JobRequest } from '@megalith/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.js';
import { hostCandidates, machinesOf } from './host-candidates.js';
import { jobRequest } from './job-request.fixture.js';

const gib = 2 ** 30;

function host(name: string, cpus: number | undefined, clearance: Label = 'internal', provider = 'ssh'): Machine {
  const shape = cpus === undefined ? undefined : { cpus, usableMemoryBytes: cpus * 4 * gib };
  const reach = () => Promise.reject(new Error('nobody reaches it'));
  return { id: `${provider}:${name}`, name, provider, shape, clearance, usdPerHour: 0, reach };
}

const ids = (machines: readonly Machine[], wanted: JobRequest) => hostCandidates(machines, wanted).map(({ id }) => id);

describe('the hosts as candidates', () => {
  const alpha = host('alpha', 8);
  const beta = host('beta', 2, 'confidential');
  const fresh = host('fresh', undefined);

  it('are each by itself, with its own clearance, room and start', () => {
    const [small, large, unknown, ...others] = hostCandidates([alpha, fresh, beta], jobRequest({ taskCount: 1 }));
    expect(others).toEqual([]);
    expect(small).toMatchObject({
      id: 'host beta',
      kind: 'host',
      site: { name: 'beta', kind: 'on-prem', clearance: 'confidential' },
      billing: { per: 'nothing' },
      description: 'beta, 2 cpus, 8GiB usable',
      cpus: 2,
      usableMemoryBytes: 8 * gib,
      slots: 2,
      usdPerHour: 0,
    });
    expect(large).toMatchObject({ id: 'host alpha', slots: 8 });
    expect(unknown).toMatchObject({ id: 'host fresh', description: 'fresh, not looked at yet', slots: 1 });
    expect(unknown!.startMs).toBeGreaterThan(large!.startMs);
    expect(unknown!.cpus).toBeGreaterThan(0);
  });

  it('are one candidate more together for several tasks, as good as the least of them is cleared', () => {
    const [together, ...others] = hostCandidates([alpha, beta], jobRequest({ taskCount: 9 }));
    expect(others.map(({ id }) => id)).toEqual(['host alpha', 'host beta']);
    expect(together).toMatchObject({
      id: '2 hosts together',
      kind: 'host',
      site: { name: 'alpha, beta', kind: 'on-prem', clearance: 'internal' },
      description: 'alpha, beta, 10 cpus, up to 32GiB usable',
      cpus: 8,
      slots: 10,
    });
    expect(together!.id < others[0]!.id).toBe(true);
    expect(hostCandidates([alpha, beta], jobRequest(), 3).map(({ slots }) => slots)).toEqual([3, 3, 2]);
  });

  it('stand together, and for each other, in one region only', () => {
    const [near, far, nowhere] = [{ ...alpha, region: 'eu' }, { ...host('far', 2), region: 'us' }, host('any', 2)];
    const all = [near, far, nowhere, { ...host('third', 2), region: 'eu' }];
    const wanted = jobRequest({ taskCount: 9 });
    expect(hostCandidates(all, wanted)[0]).toMatchObject({ id: '2 hosts together', site: { region: 'eu' } });
    const namesAt = (id: string) => machinesOf({ id }, all, wanted).machines.map(({ name }) => name);
    expect(namesAt('2 hosts together')).toEqual(['alpha', 'third']);
    expect(namesAt('host alpha')).toEqual(['alpha', 'third']);
    expect(namesAt('host far')).toEqual(['far']);
  });

  it('are not together for a job that outlives its client, or that only one of them may have', () => {
    expect(ids([alpha, beta], jobRequest({ taskCount: 9, wants: ['detach'] }))).toEqual(['host beta', 'host alpha']);
    expect(ids([alpha, beta], jobRequest({ label: 'confidential' }))).toEqual(['host beta', 'host alpha']);
    const large = { cpus: 4, graceMs: 0 };
    expect(ids([alpha, beta], jobRequest({ requirements: large }))).toEqual(['host alpha', 'host beta']);
    expect(hostCandidates([alpha, beta], jobRequest({ requirements: large }))[1]).toMatchObject({
      slots: 0,
      rejected: { reason: 'OVER_CPUS', explanation: 'a task asks for 4 cpus, and beta has 2' },
    });
  });

  it('are all listed for a job that none may have', () => {
    expect(hostCandidates([alpha, beta], jobRequest({ label: 'restricted' }))).toMatchObject([
      { id: 'host alpha', site: { clearance: 'internal' } },
      { id: 'host beta', site: { clearance: 'confidential' } },
    ]);
  });

  it('name this machine as what is here', () => {
    const here = host('laptop', 4, 'restricted', 'local');
    expect(hostCandidates([here], jobRequest())).toMatchObject([
      { id: 'here agent', kind: 'here', site: { name: 'here', kind: 'here', clearance: 'restricted' } },
    ]);
    expect(hostCandidates([here, alpha], jobRequest())).toMatchObject([
      { kind: 'here' },
      { kind: 'here' },
      { kind: 'host' },
    ]);
  });

  it('stand for machines again when the job begins: one, and those that stand in for it', () => {
    const all = [alpha, beta, fresh];
    const at = (id: string, wanted = jobRequest()) => {
      const { isTogether, machines } = machinesOf({ id }, all, wanted);
      return [isTogether, ...machines.map(({ name }) => name)];
    };
    expect(at('3 hosts together')).toEqual([true, 'alpha', 'beta', 'fresh']);
    expect(at('host fresh')).toEqual([false, 'fresh', 'alpha', 'beta']);
    expect(at('host beta', jobRequest({ label: 'confidential' }))).toEqual([false, 'beta']);
    expect(at('host gone')).toEqual([false]);
  });

  it('that take part or stand in are cleared for the job, whatever machines there are', () => {
    const machine = fc.record({
      cpus: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
      clearance: fc.constantFrom(...labels),
    });
    fc.assert(
      fc.property(
        fc.array(machine, { maxLength: 8 }),
        fc.constantFrom(...labels),
        fc.integer({ min: 1, max: 16 }),
        fc.constantFrom(undefined, 1, 20),
        (some, label, cpus, taskCount) => {
          const machines = some.map((each, at) => host(`h${at}`, each.cpus, each.clearance));
          const count = taskCount === undefined ? {} : { taskCount };
          const wanted = jobRequest({ label, requirements: { cpus, graceMs: 0 }, ...count });
          const candidates = hostCandidates(machines, wanted);
          expect(new Set(candidates.map(({ id }) => id)).size).toBe(candidates.length);
          expect(candidates.filter(({ id }) => id.startsWith('host ')).length).toBe(machines.length);
          for (const place of candidates) {
            const { isTogether, machines: its } = machinesOf(place, machines, wanted);
            const [first, ...others] = its;
            for (const each of isTogether ? its : others) expect(isLower(each.clearance, label)).toBe(false);
            if (isTogether) for (const each of its) expect(isLower(each.clearance, place.site.clearance)).toBe(false);
            else expect(first!.clearance).toBe(place.site.clearance);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
