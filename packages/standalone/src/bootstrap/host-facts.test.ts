import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHostFacts } from './host-facts.js';

const gib = 2 ** 30;

function said(lines: Readonly<Record<string, string | readonly string[]>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(lines).map(([key, value]) => [key, typeof value === 'string' ? [value] : value]));
}

describe('what a host says of itself', () => {
  test('becomes facts in our units and words', () => {
    const facts = readHostFacts(
      said({
        os: 'Linux',
        arch: 'aarch64',
        cpus: '64',
        memoryKib: `${512 * 1024 * 1024}`,
        diskFreeKib: '1024',
        libc: 'glibc 2.36',
        node: '/usr/bin/node\tv22.1.0',
        cgroup: 'v2',
      }),
    );
    expect(facts).toEqual({
      os: 'Linux',
      arch: 'arm64',
      cpus: 64,
      usableMemoryBytes: Math.floor(512 * gib * 0.925),
      diskFreeBytes: 1024 * 1024,
      libc: 'glibc',
      libcVersion: '2.36',
      node: { path: '/usr/bin/node', version: 'v22.1.0' },
      cgroup: 'v2',
    });
  });

  test('counts the tightest quota and limit; "max", -1 and the page less than 2^63 are none', () => {
    const facts = readHostFacts(
      said({
        cpus: '8',
        cpuQuota: ['max 100000', '-1 100000', '250000 100000', '400000 100000'],
        memoryKib: `${16 * 1024 * 1024}`,
        memoryLimit: ['max', '9223372036854771712', `${4 * gib}`, `${8 * gib}`],
      }),
    );
    expect(facts.cpus).toBe(2.5);
    expect(facts.usableMemoryBytes).toBe(Math.floor(4 * gib * 0.925));
  });

  test.each([
    ['glibc 2.17', 'glibc', '2.17'],
    ['ldd (Debian GLIBC 2.36-9+deb12u14) 2.36 Copyright', 'glibc', '2.36'],
    ['ldd (GNU libc) 2.28 ', 'glibc', '2.28'],
    ['musl libc (x86_64) Version 1.2.4 ', 'musl', '1.2.4'],
    ['sh: ldd: not found  musl', 'musl', undefined],
    ['', 'unknown', undefined],
  ])('tells the libc from "%s"', (text, libc, version) => {
    const facts = readHostFacts(said({ libc: text }));
    expect([facts.libc, facts.libcVersion]).toEqual([libc, version]);
  });

  test('never becomes nonsense, whatever was said', () => {
    const keys = fc.constantFrom(
      'cpus',
      'cpuQuota',
      'memoryKib',
      'memoryLimit',
      'diskFreeKib',
      'libc',
      'node',
      'cgroup',
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.array(fc.string(), { minLength: 1 })), lines => {
        const facts = readHostFacts(said(lines));
        expect(facts.cpus).toBeGreaterThanOrEqual(1);
        for (const bytes of [facts.usableMemoryBytes, facts.diskFreeBytes]) {
          expect(Number.isFinite(bytes) && bytes >= 0).toBe(true);
        }
      }),
    );
  });
});
