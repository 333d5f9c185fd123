import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLower, type Label, labels, MegalithError } from '@megalith/agent';
import type { BackendJob, Candidate } from '@megalith/core';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { Machine } from '../machine.js';
import { jobOf, NumberSource } from '../spread/spread.fixture.js';
import type { MachineMaker } from './machine-maker.js';
import { PlacedJobs } from './placed-jobs.js';
import { createStandaloneBackend } from './standalone-backend.js';

const home = mkdtempSync(join(tmpdir(), 'megalith-gate-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const placed = new PlacedJobs(home);

/** A machine that notes who wants to reach it, and can't be reached. */
function machineOf(name: string, clearance: Label, reached: Machine[]): Machine {
  const machine: Machine = {
    id: name,
    name,
    provider: 'ssh',
    shape: { cpus: 2, usableMemoryBytes: 2 ** 33 },
    clearance,
    usdPerHour: 0,
    reach: async () => {
      reached.push(machine);
      throw new MegalithError('SSH_FAILED', `${name} does not answer`);
    },
  };
  return machine;
}

/** @param made what a machine of it turns out to be cleared for */
function makerOf(clearance: Label, reached: Machine[], made = clearance): MachineMaker {
  return {
    site: { name: 'made', kind: 'cloud', clearance },
    offers: async () => [],
    costUsd: () => 0,
    sharesOf: () => [1, 1],
    machineFor: () => machineOf('made', made, reached),
    leaving: async () => undefined,
    left: async () => undefined,
    over: async () => undefined,
  };
}

const job = (label: Label, taskCount: number): BackendJob => ({ ...jobOf(new NumberSource(taskCount)), label });
const forged = { id: 'host h0', kind: 'host' } as Candidate;

it('a job above the clearance of a place is refused there, whatever chose the place', () => {
  const reached: Machine[] = [];
  const machines = [machineOf('h0', 'internal', reached), machineOf('h1', 'restricted', reached)];
  const backend = createStandaloneBackend({ machines, placed, maker: makerOf('internal', reached) });
  const policy = (subject: string) =>
    expect.objectContaining({
      code: 'POLICY',
      message: `"numbers" is confidential, and ${subject} is cleared for internal data only`,
    });
  expect(() => backend.run(job('confidential', 1), forged)).toThrowError(policy('h0'));
  expect(() => backend.run(job('confidential', 4), { ...forged, kind: 'new' })).toThrowError(policy('made'));
  expect(reached).toEqual([]);
});

it('no task comes to a machine that is not cleared for it, whatever machines fail', async () => {
  const label = fc.constantFrom(...labels);
  const choice = fc.record({
    clearances: fc.array(label, { minLength: 1, maxLength: 5 }),
    site: label,
    made: label,
    label,
    taskCount: fc.integer({ min: 1, max: 4 }),
    place: fc.constantFrom<Candidate>(
      forged,
      { ...forged, id: '5 hosts together' },
      { ...forged, kind: 'new', id: 'ec2 us-east-1 m6i.large on-demand' },
    ),
  });
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(choice, async ({ clearances, site, made, label, taskCount, place }) => {
      const reached: Machine[] = [];
      const machines = clearances.map((clearance, at) => machineOf(`h${at}`, clearance, reached));
      const backend = createStandaloneBackend({ machines, placed, maker: makerOf(site, reached, made) });
      await expect(async () => {
        for await (const _ of backend.run(job(label, taskCount), place).events);
      }).rejects.toBeInstanceOf(MegalithError);
      await backend.close();
      for (const { clearance } of reached) expect(isLower(clearance, label)).toBe(false);
      sent += reached.length;
    }),
    { numRuns: 300 },
  );
  expect(sent).toBeGreaterThan(100);
});
