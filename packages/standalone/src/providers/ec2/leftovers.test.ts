import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CloudState } from '../../pool/cloud-machine.js';
import { type Companion, companionsOf, type LeftoverQuestion, leftoversOf, type UsingMachine } from './leftovers.js';

const dayMs = 24 * 3_600_000;
const now = 100 * dayMs;
const owner = 'ada';
const old: Companion = {
  kind: 'key pair',
  id: 'key-1',
  name: 'megalith-ada',
  tags: { owner },
  createdAt: now - 3 * dayMs,
  isAttached: false,
};
const machine: UsingMachine = { id: 'i-1', state: 'running', region: 'r', tags: { owner, intent: 'x' } };
const intent = { id: 'y', owner, region: 'r' };
const ask = (more: Partial<LeftoverQuestion> = {}) =>
  leftoversOf({ companions: [old], machines: [], intents: [], owner, region: 'r', kept: [], now, ...more });

describe('what nobody needs any more', () => {
  test('goes, with a reason', () => {
    expect(ask()).toEqual([
      { kind: 'key pair', id: 'key-1', why: 'there for 3 days, and no machine or launch uses it' },
    ]);
    expect(ask({ intents: [{ ...intent, closedAt: 1 }] })).toHaveLength(1);
    expect(ask({ machines: [{ ...machine, state: 'terminated' }] })).toHaveLength(1);
    expect(ask({ machines: [{ ...machine, region: 's' }] })).toHaveLength(1);
  });

  const volume: Companion = { ...old, kind: 'volume', id: 'vol-1', tags: { owner, intent: 'x' } };
  test.each<[string, Partial<LeftoverQuestion>]>([
    ["is another owner's", { owner: 'bob' }],
    ['is kept by its tag', { companions: [{ ...old, tags: { owner, keep: 'Ada needs it' } }] }],
    ['is attached', { companions: [{ ...old, isAttached: true }] }],
    ['is young', { minAgeMs: 3 * dayMs + 1 }],
    ['has no age', { companions: [{ ...old, createdAt: undefined }] }],
    ['is from the future', { companions: [{ ...old, createdAt: now + dayMs }] }],
    ['is what this client takes next', { kept: ['megalith-ada'] }],
    ['may be used by a machine', { machines: [{ ...machine, state: 'stopped' }] }],
    ['may be taken by a launch', { intents: [intent] }],
    ["is of a living machine's intent", { companions: [volume], machines: [machine] }],
    ['is of an open intent', { companions: [volume], intents: [{ ...intent, id: 'x' }] }],
  ])('stays where it %s', (_, more) => {
    expect(ask(more)).toEqual([]);
  });

  test('goes where it was made for one intent, whatever else is under way', () => {
    const other = { ...machine, tags: { owner, intent: 'z' } };
    expect(ask({ companions: [volume], machines: [other], intents: [intent] })).toHaveLength(1);
  });

  test('holds against every mixture: only what is ours, old, free and unused goes, and all of that', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const owners = fc.constantFrom('ada', 'bob');
    const states = fc.constantFrom<CloudState>(
      'pending',
      'running',
      'stopping',
      'stopped',
      'shutting-down',
      'terminated',
    );
    const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
    const question = fc.record({
      companions: fc.uniqueArray(
        fc.record({
          kind: fc.constantFrom<Companion['kind']>('key pair', 'security group', 'launch template', 'volume'),
          id: fc.constantFrom('a', 'b', 'c'),
          tags: fc
            .record({ owner: owners, intent: optional(names), keep: optional(fc.string()) })
            .map(({ intent, keep, ...tags }) => ({ ...tags, ...(intent && { intent }), ...(keep && { keep }) })),
          createdAt: optional(fc.integer({ min: now - 3 * dayMs, max: now + dayMs })),
          isAttached: fc.boolean(),
        }),
        { selector: each => each.id },
      ),
      machines: fc.array(
        fc.record({
          id: names,
          state: states,
          region: fc.constantFrom('r', 's'),
          tags: fc.record({ owner: owners, intent: names }),
        }),
      ),
      intents: fc.array(
        fc
          .record({ id: names, owner: owners, region: fc.constantFrom('r', 's'), closedAt: optional(fc.constant(1)) })
          .map(({ closedAt, ...rest }) => ({ ...rest, ...(closedAt && { closedAt }) })),
      ),
    });
    fc.assert(
      fc.property(question, ({ companions, machines, intents }) => {
        const gone = new Set(ask({ companions, machines, intents }).map(each => each.id));
        for (const each of companions) {
          const here = (other: { owner: string }, region: string) => other.owner === owner && region === 'r';
          const isUsed =
            machines.some(
              ({ state, region, tags }) =>
                state !== 'terminated' &&
                here(tags, region) &&
                (each.tags.intent === undefined || tags.intent === each.tags.intent),
            ) ||
            intents.some(
              other =>
                !('closedAt' in other) &&
                here(other, other.region) &&
                (each.tags.intent === undefined || each.tags.intent === other.id),
            );
          const isOld = each.createdAt !== undefined && each.createdAt <= now - dayMs;
          const goes = each.tags.owner === owner && !each.tags.keep && !each.isAttached && isOld && !isUsed;
          expect(gone.has(each.id)).toBe(goes);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what EC2 lists', () => {
  const Tags = [
    { Key: 'megalith', Value: '1' },
    { Key: 'megalith:owner', Value: 'ada' },
    { Key: 'megalith:created', Value: '2026-01-01T00:00:00.000Z' },
  ];
  const created = Date.parse('2026-01-01');
  const CreateTime = new Date('2025-01-01');

  test('is ours where it is tagged so, with the cloud’s time where it has one', () => {
    expect(
      companionsOf({
        keyPairs: [
          { KeyPairId: 'key-1', KeyName: 'k', Tags, CreateTime },
          { KeyPairId: 'key-2', KeyName: 'megalith-ada' },
        ],
        securityGroups: [
          { GroupId: 'sg-1', GroupName: 'g', Tags },
          { GroupId: 'sg-2', Tags: Tags.slice(1) },
        ],
        launchTemplates: [{ LaunchTemplateId: 'lt-1', LaunchTemplateName: 't', Tags, CreateTime }],
        volumes: [
          { VolumeId: 'vol-1', State: 'available', Tags: [...Tags, { Key: 'megalith:intent', Value: 'x' }] },
          { VolumeId: 'vol-2', State: 'in-use', Tags },
        ],
      }).map(({ kind, id, createdAt, isAttached, tags }) => [kind, id, createdAt, isAttached, tags.intent]),
    ).toEqual([
      ['key pair', 'key-1', CreateTime.getTime(), false, undefined],
      ['security group', 'sg-1', created, false, undefined],
      ['launch template', 'lt-1', CreateTime.getTime(), false, undefined],
      ['volume', 'vol-1', created, false, 'x'],
      ['volume', 'vol-2', created, true, undefined],
    ]);
  });
});
