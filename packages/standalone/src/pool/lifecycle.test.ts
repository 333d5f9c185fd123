import { isLower } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clearance } from '../inventory/host-entry.js';
import { type Life, type LifeEvent, type LifeState, lifeStates, newLife, next } from './lifecycle.js';

const labels = ['public', 'internal', 'confidential', 'restricted'] as const;
const label = fc.constantFrom<Clearance>(...labels);
const cloudStates = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const;
const event = fc.oneof(
  fc
    .constantFrom<LifeEvent['type']>(
      'launched',
      'running',
      'reached',
      'leaseEnded',
      'drainAsked',
      'idleOver',
      'stopAsked',
      'startAsked',
      'unreachable',
      'expired',
      'interrupted',
    )
    .map(type => ({ type }) as LifeEvent),
  label.map((of): LifeEvent => ({ type: 'leaseGranted', label: of })),
  fc.boolean().map((force): LifeEvent => ({ type: 'terminateAsked', force })),
  fc.constantFrom(...cloudStates).map((state): LifeEvent => ({ type: 'cloudSays', state })),
  fc.tuple(fc.boolean(), fc.boolean(), fc.option(label)).map(
    ([isLeased, isDraining, held]): LifeEvent => ({
      type: 'agentServes',
      isLeased,
      isDraining,
      ...(held === null ? {} : { held }),
    }),
  ),
);
/** Mostly what keeps a machine at work, so that many leases follow each other. */
const working = fc.oneof(
  { weight: 4, arbitrary: label.map((of): LifeEvent => ({ type: 'leaseGranted', label: of })) },
  { weight: 4, arbitrary: fc.constant<LifeEvent>({ type: 'leaseEnded' }) },
  { weight: 2, arbitrary: fc.constant<LifeEvent>({ type: 'agentServes', isLeased: false, isDraining: false }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<LifeEvent>({ type: 'stopAsked' }, { type: 'startAsked' }, { type: 'unreachable' }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...cloudStates.slice(0, 4)).map((state): LifeEvent => ({ type: 'cloudSays', state })),
  },
);
const anyLife = fc
  .tuple(fc.constantFrom(...lifeStates), label, fc.option(label), fc.boolean())
  .map(
    ([state, clearance, held, isLeased]): Life => ({ state, clearance, isLeased, ...(held === null ? {} : { held }) }),
  );

const after = (life: Life, ...events: readonly LifeEvent[]): Life =>
  events.reduce((now, one) => {
    const step = next(now, one);
    if ('refused' in step) throw new Error(`${one.type}: ${step.refused}`);
    return step.life;
  }, life);
const serves: LifeEvent = { type: 'agentServes', isLeased: false, isDraining: false };
const warm = after(newLife('restricted'), { type: 'launched' }, { type: 'running' }, { type: 'reached' }, serves);

describe('the life of a machine', () => {
  it('goes from the launch to the end', () => {
    expect(warm.state).toBe('warm');
    const leased = after(warm, { type: 'leaseGranted', label: 'internal' });
    expect(leased).toMatchObject({ state: 'leased', held: 'internal', isLeased: true });
    const drained = after(leased, { type: 'drainAsked' }, { type: 'leaseEnded' });
    expect(drained).toMatchObject({ state: 'draining', isLeased: false });
    const ended = after(drained, { type: 'idleOver' }, { type: 'cloudSays', state: 'terminated' });
    expect(ended.state).toBe('terminated');
    const again = after(warm, { type: 'stopAsked' }, { type: 'cloudSays', state: 'stopped' }, { type: 'startAsked' });
    expect(again.state).toBe('launching');
  });

  it('never goes on after the end', () => {
    fc.assert(
      fc.property(anyLife, event, (life, one) => {
        expect(next({ ...life, state: 'terminated' }, one)).toHaveProperty('refused');
      }),
    );
  });

  it('has a way to the end from everywhere, by force and without', () => {
    fc.assert(
      fc.property(anyLife, life => {
        if (life.state === 'terminated') return;
        const forced = after(life, { type: 'terminateAsked', force: true }, { type: 'cloudSays', state: 'terminated' });
        expect(forced.state).toBe('terminated');
        const gentle = next(life, { type: 'terminateAsked', force: false });
        expect('refused' in gentle).toBe(life.isLeased);
      }),
    );
  });

  it('leases no machine that held a label for a lower one, whatever happened between', () => {
    fc.assert(
      fc.property(
        label,
        fc.array(fc.oneof({ weight: 20, arbitrary: working }, event), { maxLength: 60 }),
        (clearance, events) => {
          let life = after(newLife(clearance), { type: 'running' }, serves);
          let highest: Clearance | undefined;
          for (const one of events) {
            const step = next(life, one);
            if ('refused' in step) continue;
            if (one.type === 'leaseGranted') {
              expect(highest !== undefined && isLower(one.label, highest)).toBe(false);
              expect(isLower(clearance, one.label)).toBe(false);
              highest = one.label;
            }
            if (life.held !== undefined) expect(isLower(step.life.held!, life.held)).toBe(false);
            life = step.life;
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is leased by one job at a time, and loses no job but to the cloud, the end of its time, or force', () => {
    fc.assert(
      fc.property(anyLife, event, (life, one) => {
        const step = next(life, one);
        if ('refused' in step) return;
        if (one.type === 'leaseGranted') expect(life).toMatchObject({ state: 'warm' });
        if (life.isLeased && ['stopping', 'terminating', 'stopped', 'terminated'].includes(step.life.state)) {
          expect(
            ['expired', 'terminateAsked', 'cloudSays', 'startAsked'].includes(one.type) ||
              life.state === step.life.state,
          ).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('changes nothing on what is impossible, and says why', () => {
    fc.assert(
      fc.property(anyLife, event, (life, one) => {
        const before = structuredClone(life);
        const step = next(life, one);
        expect(life).toEqual(before);
        if ('refused' in step) expect(step.refused).toMatch(/^(it is|it held|a job has)/);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[LifeState, LifeEvent, string]>([
    ['leased', { type: 'leaseGranted', label: 'restricted' }, "it is leased, and can't be leased now"],
    ['stopped', { type: 'leaseGranted', label: 'restricted' }, "it is stopped, and can't be leased now"],
    ['launching', { type: 'unreachable' }, "it is launching, and can't be expected to answer now"],
    [
      'terminating',
      { type: 'cloudSays', state: 'running' },
      'it is terminating, and the cloud\'s answer "running" is older than that',
    ],
  ])('while %s refuses %o', (state, one, refused) => {
    expect(next({ ...warm, state }, one)).toEqual({ refused });
  });

  it('drains still when it was lost in between, if its agent says so', () => {
    const lost = after(warm, { type: 'interrupted' }, { type: 'unreachable' });
    expect(after(lost, { ...serves, isDraining: true }).state).toBe('draining');
  });
});
