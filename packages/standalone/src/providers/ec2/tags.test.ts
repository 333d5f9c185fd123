import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MachineTags } from '../../pool/cloud-machine.js';
import { awsTags, machineTags } from './tags.js';

const day = 86_400_000;
const text = fc
  .string({ unit: 'grapheme', maxLength: 80 })
  .filter(value => !/\p{Cc}/u.test(value) && value.isWellFormed());
const arbitraryTags: fc.Arbitrary<MachineTags> = fc
  .record(
    {
      intent: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 16, maxLength: 16 }),
      owner: text,
      label: fc.constantFrom('public', 'internal', 'confidential', 'restricted'),
      expiresAt: fc.integer({ min: 0, max: 4e12 }),
      image: text,
      incarnation: text,
      hostKey: text,
      keep: text,
    },
    { requiredKeys: ['intent', 'owner', 'label', 'expiresAt', 'image'] },
  )
  .filter(tags => Object.values(tags).every(value => String(value).length <= 256));

it('reads back what it wrote, among the tags of others and in any order', () => {
  fc.assert(
    fc.property(arbitraryTags, fc.array(fc.record({ Key: text, Value: text })), (tags, others) => {
      const foreign = others.filter(({ Key }) => !Key.startsWith('megalith'));
      expect(machineTags([...foreign, ...awsTags(tags)].reverse(), 0, day)).toEqual(tags);
    }),
  );
});

it('writes only values that AWS takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), owner => {
      const tags = awsTags({ intent: 'i', owner, label: 'public', expiresAt: 0, image: 'ami-1' });
      for (const { Value = '' } of tags) {
        expect([Value.length <= 256, /\p{Cc}/u.test(Value), Value.isWellFormed()]).toEqual([true, false, true]);
      }
    }),
  );
});

it('never loses a machine that carries any of our tags, whatever has become of the others', () => {
  const garbled = fc.oneof(fc.string(), fc.constant(undefined));
  const key = fc.constantFrom('intent', 'owner', 'label', 'expires', 'image', 'keep', 'incarnation', 'other');
  fc.assert(
    fc.property(fc.array(fc.tuple(key, garbled)), fc.integer({ min: 0, max: 4e12 }), (pairs, launchedAt) => {
      const lost = pairs.map(([name, Value]) => ({
        Key: `megalith:${name}`,
        ...(Value === undefined ? {} : { Value }),
      }));
      const read = machineTags([{ Key: 'megalith', Value: '1' }, ...lost], launchedAt, day);
      expect(read?.label).toMatch(/^(public|internal|confidential|restricted)$/);
      expect(Number.isFinite(read?.expiresAt)).toBe(true);
    }),
  );
});

it('takes a machine without readable tags for nobody’s, restricted, and at its end after the longest life', () => {
  const fallback = { intent: '', owner: '', label: 'restricted', expiresAt: 1_000 + day, image: '' };
  expect(machineTags([{ Key: 'megalith', Value: '1' }], 1_000, day)).toEqual(fallback);
  expect(machineTags([{ Key: 'megalith:label', Value: 'Public' }], 1_000, day)).toEqual(fallback);
  for (const Value of ['', 'tomorrow', '2026-13-45T99:00:00Z', '2026-11-21 10:00', '1790000000000']) {
    expect(machineTags([{ Key: 'megalith:expires', Value }], 1_000, day)).toEqual(fallback);
  }
});

it('leaves the machines of others alone', () => {
  expect(machineTags(undefined, 0, day)).toBeUndefined();
  expect(
    machineTags(
      [
        { Key: 'Name', Value: 'megalith' },
        { Key: 'megalithic', Value: '1' },
      ],
      0,
      day,
    ),
  ).toBeUndefined();
});
