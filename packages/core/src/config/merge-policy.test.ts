import { isLower, type Label, labels } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPolicy, type Policy } from '../placement/policy.js';
import { mergePolicies } from './merge-policy.js';
import type { PolicySection } from './policy-section.js';

const merge = (...policies: PolicySection[]): Policy =>
  mergePolicies(policies.map((policy, i) => ({ file: `/f${i}/megalith.yaml`, policy })));

const label = fc.constantFrom(...labels);
const tag = fc.constantFrom('phi', 'pii', 'open', 'constructor');
const region = fc.constantFrom('eu', 'us', 'ap');
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const section: fc.Arbitrary<PolicySection> = fc
  .record({
    default: optional(label),
    here: optional(label),
    tags: optional(fc.dictionary(tag, label)),
    paths: optional(fc.dictionary(fc.constantFrom('/a/**', '/b'), fc.oneof(label, tag))),
    regions: optional(fc.dictionary(label, fc.uniqueArray(region))),
  })
  .map(fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));

/** The label that a policy gives to a tag. */
const ofTag = (policy: Policy, name: string): Label =>
  Object.hasOwn(policy.tags, name) ? policy.tags[name]! : 'restricted';
/** What the lists of a label and of those below it all allow. */
const mayUse = ({ regions }: Pick<PolicySection, 'regions'>, of: Label, name: string): boolean =>
  labels.every(each => isLower(of, each) || (regions?.[each]?.includes(name) ?? true));

describe('the policy of several files', () => {
  it('is the default where none says anything', () => {
    expect(merge()).toEqual(defaultPolicy);
    expect(merge({}, {})).toEqual(defaultPolicy);
  });

  it('lets no inner file loosen what an outer one says', () => {
    fc.assert(
      fc.property(section, section, (outer, inner) => {
        const alone = merge(outer);
        const both = merge(outer, inner);
        for (const name of ['phi', 'pii', 'open', 'constructor', 'unheard']) {
          if (outer.tags !== undefined) expect(isLower(ofTag(both, name), ofTag(alone, name))).toBe(false);
        }
        if (outer.default !== undefined) expect(isLower(both.defaultLabel, outer.default)).toBe(false);
        expect(isLower(alone.hereClearance, both.hereClearance)).toBe(false);
        for (const of of labels)
          for (const name of ['eu', 'us', 'ap']) {
            if (mayUse(both, of, name)) expect(mayUse(outer, of, name) && mayUse(inner, of, name)).toBe(true);
          }
        for (const rule of alone.paths)
          expect(both.paths.some(each => each.glob === rule.glob && !isLower(each.label, rule.label))).toBe(true);
      }),
    );
  });

  it('allows a label every region that all files allow it, and lists it for itself', () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 3 }), sections => {
        const merged = merge(...sections);
        for (const of of labels)
          for (const name of ['eu', 'us', 'ap'])
            expect(merged.regions[of]?.includes(name) ?? true).toBe(sections.every(each => mayUse(each, of, name)));
      }),
    );
  });

  it('takes a tag that only an inner file knows for restricted where an outer one has tags', () => {
    expect(merge({ tags: { phi: 'restricted' } }, { tags: { open: 'public', phi: 'public' } }).tags).toEqual({
      phi: 'restricted',
      open: 'restricted',
    });
    expect(merge({ here: 'internal' }, { tags: { open: 'public' } }).tags).toEqual({ open: 'public' });
  });

  it('lets no inner file say less of a tag or a path than the default that an outer one says', () => {
    const merged = merge({ default: 'confidential' }, { tags: { open: 'public' }, paths: { '/**': 'public' } });
    expect(merged).toMatchObject({ tags: { open: 'confidential' }, paths: [{ glob: '/**', label: 'confidential' }] });
    expect(merge({ default: 'confidential', tags: { open: 'public' } }, { tags: { open: 'public' } }).tags).toEqual({
      open: 'public',
    });
  });

  it('does not take the tag of an outer path from an inner file', () => {
    expect(merge({ paths: { '/data/**': 'phi' } }, { tags: { phi: 'public' } }).paths).toEqual([
      { glob: '/data/**', label: 'restricted' },
    ]);
  });

  it('resolves the tag of a path through the tags of all files', () => {
    const merged = merge(
      { tags: { phi: 'restricted' } },
      { tags: { phi: 'public' }, paths: { 'x/**': 'phi', y: 'z' } },
    );
    expect(merged.paths).toEqual([
      { glob: '/f1/x/**', label: 'restricted' },
      { glob: '/f1/y', label: 'restricted' },
    ]);
  });
});
