import { isLower } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clearance } from '../inventory/host-entry.js';
import { lifeStates } from './lifecycle.js';
import { chooseMachine, type PooledMachine, type WantedMachine } from './reuse.js';

const gib = 2 ** 30;
const now = 1_000_000_000;
const hourMs = 3_600_000;
const wanted: WantedMachine = {
  requirements: { cpus: 8, memoryBytes: 60 * gib },
  label: 'internal',
  owner: 'ann',
  image: 'ami-1',
  job: 'mine',
};
const machine = (id: string, change: Partial<PooledMachine> = {}): PooledMachine => ({
  id,
  life: { state: 'warm', clearance: 'internal', held: 'internal', isLeased: false },
  owner: 'ann',
  image: 'ami-1',
  cpus: 16,
  usableMemoryBytes: 100 * gib,
  usdPerHour: 1,
  expiresAt: now + hourMs,
  ...change,
});
const inState = (state: PooledMachine['life']['state'], clearance: Clearance = 'internal', held?: Clearance) => ({
  life: { state, clearance, isLeased: state === 'leased', ...(held === undefined ? {} : { held }) },
});

describe('which machine a job is given', () => {
  it('is the smallest warm one that fits, and the others are told why not', () => {
    const choice = chooseMachine(
      wanted,
      [
        machine('other-owner', { owner: 'bob' }),
        machine('other-image', { image: 'ami-2' }),
        machine('held-more', inState('warm', 'restricted', 'confidential')),
        machine('cleared-for-less', inState('warm', 'public')),
        machine('few-cpus', { cpus: 4 }),
        machine('little-memory', { usableMemoryBytes: 59 * gib }),
        machine('ends', { expiresAt: now + 60_000 }),
        machine('promised', { reservedFor: 'another' }),
        machine('drains', inState('draining')),
        machine('stopped', { ...inState('stopped'), usdPerHour: 0.1 }),
        machine('dear', { usdPerHour: 9 }),
        machine('right', { usdPerHour: 2 }),
      ],
      now,
    );
    expect(choice).toMatchObject({ use: 'warm', machine: { id: 'right' } });
    expect(Object.fromEntries(choice.rejected.map(({ id, code }) => [id, code]))).toEqual({
      'other-owner': 'OWNER',
      'other-image': 'IMAGE',
      'held-more': 'LABEL',
      'cleared-for-less': 'LABEL',
      'few-cpus': 'TOO_SMALL',
      'little-memory': 'TOO_SMALL',
      ends: 'ENDS_SOON',
      promised: 'RESERVED',
      drains: 'STATE',
      stopped: 'SECOND',
      dear: 'SECOND',
    });
    for (const { why } of choice.rejected) expect(why).not.toBe('');
  });

  it('is the one that was made for it, else a stopped one, else none', () => {
    const own = machine('own', { usdPerHour: 3, reservedFor: 'mine' });
    expect(chooseMachine(wanted, [machine('a'), own], now).machine?.id).toBe('own');
    expect(chooseMachine(wanted, [machine('a', inState('stopped'))], now)).toMatchObject({ use: 'stopped' });
    expect(chooseMachine(wanted, [], now)).toEqual({ use: 'none', rejected: [] });
    expect(chooseMachine({ ...wanted, maxUsdPerHour: 0.5 }, [machine('a')], now)).toMatchObject({
      use: 'none',
      rejected: [{ code: 'DEARER' }],
    });
    const disk = { ...wanted, requirements: { ...wanted.requirements, diskBytes: 1 } };
    expect(chooseMachine(disk, [machine('a')], now).rejected).toMatchObject([{ code: 'TOO_SMALL' }]);
  });

  it('says when one is free that is right, and outlives the job', () => {
    const leased = (id: string, inMs: number, leftMs = hourMs) =>
      machine(id, { ...inState('leased'), freeAt: now + inMs, expiresAt: now + leftMs });
    const choice = chooseMachine(
      { ...wanted, lastsMs: 1_000_000 },
      [leased('late', 900_000), leased('soon', 60_000), leased('ends', 1_000, 1_000_500)],
      now,
    );
    expect(choice).toMatchObject({ use: 'none', soonest: { id: 'soon', inMs: 60_000 } });
  });

  it('never breaks the rules of labels, owners, images and sizes, nor depends on the order', () => {
    const label = fc.constantFrom<Clearance>('public', 'internal', 'confidential', 'restricted');
    const any = fc
      .record({
        state: fc.constantFrom(...lifeStates),
        clearance: label,
        held: fc.option(label, { nil: undefined }),
        owner: fc.constantFrom('ann', 'ann', 'bob'),
        image: fc.constantFrom('ami-1', 'ami-1', 'ami-2'),
        cpus: fc.constantFrom(4, 8, 16),
        usableMemoryBytes: fc.constantFrom(32 * gib, 60 * gib, 128 * gib),
        usdPerHour: fc.constantFrom(1, 2),
        reservedFor: fc.constantFrom(undefined, undefined, 'mine', 'another'),
        leftMs: fc.constantFrom(1, hourMs),
      })
      .map(({ state, clearance, held, leftMs, reservedFor, ...rest }) => ({
        ...rest,
        ...inState(state, clearance, held),
        ...(reservedFor === undefined ? {} : { reservedFor }),
        expiresAt: now + leftMs,
      }));
    fc.assert(
      fc.property(label, fc.array(any, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (of, some, random) => {
        const machines = some.map((one, at): PooledMachine => ({ id: `m${at}`, ...one }));
        const choice = chooseMachine({ ...wanted, label: of }, machines, now);
        expect(choice.rejected).toHaveLength(machines.length - (choice.machine === undefined ? 0 : 1));
        const order = new Map(machines.map(one => [one, random.next().value ?? 0]));
        const shuffled = [...machines].sort((one, other) => order.get(one)! - order.get(other)!);
        expect(chooseMachine({ ...wanted, label: of }, shuffled, now).machine).toBe(choice.machine);
        const { machine: chosen } = choice;
        if (chosen === undefined) return;
        expect(chosen.life.state).toBe(choice.use);
        expect(isLower(chosen.life.clearance, of)).toBe(false);
        expect(chosen.life.held !== undefined && isLower(of, chosen.life.held)).toBe(false);
        expect(chosen).toMatchObject({ owner: 'ann', image: 'ami-1' });
        expect(chosen.cpus >= 8 && chosen.usableMemoryBytes >= 60 * gib && chosen.expiresAt > now + 600_000).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
