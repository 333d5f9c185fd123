import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findKnownHost } from './known-hosts.js';
import { newFolder, newKey } from './test-host.fixture.js';

const [one, two, three] = [newKey(), newKey(), newKey('/k', 'ecdsa')];
const line = (names: string, key: { publicLine: string }): string => `${names} ${key.publicLine}`;
const prints = (text: string, host: string, port = 22): string[] =>
  findKnownHost(text, host, port).keys.map(key => key.fingerprint);

describe('a known_hosts file', () => {
  test('knows hosts by name, port and pattern', () => {
    const text = [
      '# keys',
      line('alpha,10.0.0.1', one),
      line('[alpha]:2222', two),
      line('*.lab,!bad.lab', three),
      '',
    ].join('\n');
    expect(prints(text, 'ALPHA')).toEqual([one.fingerprint]);
    expect(prints(text, '10.0.0.1')).toEqual([one.fingerprint]);
    expect(prints(text, 'alpha', 2222)).toEqual([two.fingerprint]);
    expect(prints(text, 'alpha', 2223)).toEqual([]);
    expect(prints(text, 'x.lab')).toEqual([three.fingerprint]);
    expect(prints(text, 'bad.lab')).toEqual([]);
  });

  test('never gives a revoked key, and no key of an authority', () => {
    const text = [
      line('alpha', one),
      line('alpha', two),
      line('@revoked *', one),
      line('@cert-authority alpha', three),
    ].join('\n');
    expect(findKnownHost(text, 'alpha', 22)).toEqual({
      keys: [{ type: 'ssh-ed25519', fingerprint: two.fingerprint }],
      revoked: [{ type: 'ssh-ed25519', fingerprint: one.fingerprint }],
      hasAuthority: true,
    });
  });

  test('passes over what is no entry', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), lines => {
        const text = lines.filter(each => !each.includes('alpha')).join('\n');
        expect(prints(`${text}\n${line('alpha', one)}`, 'alpha')).toContain(one.fingerprint);
      }),
    );
  });
});

describe.skipIf(!existsSync('/usr/bin/ssh-keygen'))("OpenSSH's own search", () => {
  let folder: ReturnType<typeof newFolder>;
  beforeAll(() => {
    folder = newFolder();
  });
  afterAll(() => folder.remove());

  test('agrees with ours, plain and hashed', () => {
    const path = join(folder.path, 'known_hosts');
    const names = fc
      .array(fc.constantFrom('alpha', 'beta', '[alpha]:2222', '10.0.0.1', '[10.0.0.1]:2222', '[beta]:2200'), {
        minLength: 1,
        maxLength: 2,
      })
      .map(each => each.join(','));
    const entry = fc.tuple(names, fc.constantFrom(one, two, three)).map(([host, key]) => line(host, key));
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.constantFrom('alpha', 'beta', '10.0.0.1', 'gamma'),
        fc.constantFrom(22, 2222),
        (lines, isHashed, host, port) => {
          writeFileSync(path, `${lines.join('\n')}\n`);
          if (isHashed) execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' });
          const wanted = port === 22 ? host : `[${host}]:${port}`;
          const found = spawnSync('ssh-keygen', ['-l', '-F', wanted, '-f', path], { encoding: 'utf8' }).stdout;
          const theirs = [...new Set(found.match(/SHA256:\S+/g) ?? [])];
          expect(prints(readFileSync(path, 'utf8'), host, port)).toEqual(theirs);
        },
      ),
      { numRuns: 100 },
    );
  });
});
