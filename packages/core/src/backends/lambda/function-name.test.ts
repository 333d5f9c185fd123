import fc from 'fast-check';
import { expect, it } from 'vitest';
import { functionName, isOwnedBy, parseFunctionName, versionOf } from './function-name.js';
import { testSettings } from './testing/settings.js';

const identity = { owner: 'ann', arch: 'arm64', memoryMib: 1769, version: '0123456789ab' } as const;

it('names a function by what it is', () => {
  expect(functionName(identity)).toBe('megalith-ann-arm64-1769-0123456789ab');
  expect(parseFunctionName('megalith-ann-arm64-1769-0123456789ab')).toEqual(identity);
  expect(parseFunctionName('megalith-arm64-1769-0123456789ab')).toBeUndefined();
});

it('does not take the functions of "ann-arm64" for those of "ann"', () => {
  const name = functionName({ ...identity, owner: 'ann-arm64' });
  expect([isOwnedBy(name, 'ann'), isOwnedBy(name, 'ann-arm64')]).toEqual([false, true]);
});

const owners = fc.oneof(fc.string({ maxLength: 100 }), fc.string({ unit: 'grapheme', maxLength: 100 }));

it('has names that AWS takes, and that tell owners apart', () => {
  fc.assert(
    fc.property(owners, owners, fc.integer({ min: 128, max: 10_240 }), (owner, other, memoryMib) => {
      const name = functionName({ ...identity, owner, memoryMib });
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(isOwnedBy(name, owner)).toBe(true);
      expect(isOwnedBy(name, other)).toBe(owner === other);
      expect(parseFunctionName(name)).toMatchObject({ memoryMib, arch: 'arm64', version: identity.version });
    }),
  );
});

it('has another version for other code and for other settings, but for those that are in the name or not in the function', () => {
  const version = versionOf('aa', testSettings);
  expect(version).toMatch(/^[0-9a-f]{12}$/);
  expect(versionOf('bb', testSettings)).not.toBe(version);
  expect(versionOf('aa', { ...testSettings, timeoutMs: 60_000 })).not.toBe(version);
  expect(versionOf('aa', { ...testSettings, owner: 'ben', concurrency: 3 } as typeof testSettings)).toBe(version);
});
