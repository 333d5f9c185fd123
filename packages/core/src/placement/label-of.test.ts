import { isLower, labels } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabelFacts, labelOf } from './label-of.js';
import { defaultPolicy, type Policy } from './policy.js';

const policy: Policy = {
  ...defaultPolicy,
  tags: { phi: 'restricted', pii: 'confidential', open: 'public' },
  paths: [
    { glob: '/data/patients/**', label: 'restricted' },
    { glob: '/data/*/raw-?.csv', label: 'confidential' },
    { glob: '/srv/open', label: 'public' },
    { glob: '**/*.dcm', label: 'restricted' },
  ],
};
const label = (facts: Partial<LabelFacts>) => labelOf({ tags: [], ...facts }, policy);

describe('the label of a job', () => {
  it('is the default where nothing is said', () => {
    expect(label({})).toEqual({ label: 'internal', rule: "the policy's default is internal" });
  });

  it('is the highest of its tags, and says which', () => {
    expect(label({ tags: ['pii', 'phi', 'open'] })).toEqual({ label: 'restricted', rule: 'tag "phi" is restricted' });
    expect(label({ tags: ['open'] })).toEqual({ label: 'public', rule: 'tag "open" is public' });
  });

  it.each(['phy', 'constructor', '__proto__', ''])(
    'is restricted for the tag "%s", which the policy does not know',
    tag => {
      expect(label({ tags: ['open', tag] })).toEqual({
        label: 'restricted',
        rule: `tag "${tag}" is unknown to the policy, and so restricted`,
      });
    },
  );

  it('can be raised by the caller, and not lowered', () => {
    expect(label({ label: 'confidential' })).toMatchObject({
      label: 'confidential',
      rule: 'the job says that it is confidential',
    });
    expect(label({ label: 'public' }).label).toBe('internal');
    expect(label({ label: 'public', tags: ['phi'] }).label).toBe('restricted');
    expect(label({ label: 'public', tags: ['open'] }).label).toBe('public');
  });

  it('comes from what its inputs carry', () => {
    const inherited = [
      { label: 'public', from: 'the result of "one"' },
      { label: 'confidential', from: 'the result of "two"' },
    ] as const;
    expect(label({ inherited })).toEqual({ label: 'confidential', rule: 'the result of "two" is confidential' });
    expect(label({ inherited: [inherited[0]] }).label).toBe('public');
  });

  it.each([
    ['/data/patients/a/b.txt', 'restricted'],
    ['/data/patients', 'restricted'],
    ['/data/patients/', 'restricted'],
    ['/data', 'restricted'],
    ['/', 'restricted'],
    ['/data/./x/../patients/a', 'restricted'],
    ['/data/patients/.hidden', 'restricted'],
    ['/data/x', 'confidential'],
    ['/data/x/y', 'internal'],
    ['/data/patient', 'confidential'],
    ['/srv', 'internal'],
    ['/srv/open', 'public'],
    ['/etc', 'internal'],
  ])('takes the path %j, and all that could lie below it, for %s', (path, expected) => {
    const paths = policy.paths.filter(({ glob }) => glob !== '**/*.dcm');
    expect(labelOf({ tags: [], paths: [path] }, { ...policy, paths }).label).toBe(expected);
    expect(label({ paths: [path] }).label).toBe('restricted');
  });

  it.each([
    ['/data/patients/a', 'restricted'],
    ['/data/x/raw-1.csv', 'confidential'],
    ['/data/x/raw-10.csv', 'internal'],
    ['/data/x/y/raw-1.csv', 'internal'],
    ['/data/x/raw-1.csv/part', 'confidential'],
    ['/srv/open/a', 'public'],
    ['/srv/opened', 'internal'],
    ['/a.dcm', 'restricted'],
    ['/x/y/a.dcm', 'restricted'],
    ['/x/y/a_dcm', 'internal'],
    ['/data', 'internal'],
  ])('takes the file %j for %s', (path, expected) => {
    expect(label({ files: [path] }).label).toBe(expected);
  });

  it('is at least the default where a path is under no rule, unless tags speak for the job', () => {
    expect(label({ files: ['/srv/open/a', '/etc/x'] })).toEqual({
      label: 'internal',
      rule: 'no rule is about all of "/etc/x", and the policy\'s default is internal',
    });
    expect(label({ files: ['/srv/open/a', '/etc/x'], tags: ['open'] }).label).toBe('public');
  });

  it('is refused where a rule can not be read', () => {
    const odd = { ...policy, paths: [{ glob: '/data/{a,b}', label: 'restricted' }] } as const;
    expect(() => labelOf({ tags: [], paths: ['/data/a'] }, odd)).toThrowError(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('/data/{a,b}') }),
    );
  });

  it('never falls when more is said', () => {
    const facts = fc.record({
      tags: fc.array(fc.constantFrom('phi', 'pii', 'open', 'odd'), { minLength: 1 }),
      paths: fc.array(fc.constantFrom('/data', '/srv/open/a', '/etc/x', '/data/patients/b')),
      inherited: fc.array(fc.record({ label: fc.constantFrom(...labels), from: fc.constant('x') })),
    });
    fc.assert(
      fc.property(facts, facts, fc.constantFrom(...labels), (one, other, said) => {
        const joined = label({
          tags: [...one.tags, ...other.tags],
          paths: [...one.paths, ...other.paths],
          inherited: [...one.inherited, ...other.inherited],
          label: said,
        });
        for (const part of [label(one), label(other)]) expect(isLower(joined.label, part.label)).toBe(false);
        expect(isLower(joined.label, said)).toBe(false);
      }),
    );
  });
});
