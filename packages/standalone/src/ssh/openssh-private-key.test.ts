import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import ssh2 from 'ssh2';
import { afterAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from './host-key.js';
import { opensshEd25519, wireEd25519 } from './openssh-private-key.js';
import { newFolder } from './test-host.fixture.js';

const hasKeygen = existsSync('/usr/bin/ssh-keygen');
const folder = newFolder();
afterAll(() => folder.remove());

/** The PKCS#8 of an Ed25519 key is its seed behind a constant head (RFC 8410, 7). */
const keyOf = (seed: Uint8Array) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
const seeds = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  // Zeros at either end are where number formats and byte strings part.
  fc.uint8Array({ minLength: 30, maxLength: 30 }).map(middle => Uint8Array.of(0, ...middle, 0)),
);

describe("an Ed25519 key in OpenSSH's format", () => {
  test('is read by ssh2, signs, and has the public half that was written', () => {
    fc.assert(
      fc.property(seeds, fc.uint8Array(), (seed, data) => {
        const key = keyOf(seed);
        const parsed = ssh2.utils.parseKey(opensshEd25519(key));
        const read = Array.isArray(parsed) ? parsed[0]! : parsed;
        if (read instanceof Error) throw read;
        expect(read.getPublicSSH()).toEqual(wireEd25519(key));
        const bytes = Buffer.from(data);
        expect(read.verify(bytes, read.sign(bytes))).toBe(true);
      }),
    );
  });

  test.skipIf(!hasKeygen)('is read by ssh-keygen, which finds the same public half and fingerprint', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const key = keyOf(seed);
        const path = join(folder.path, 'key');
        writeFileSync(path, `${opensshEd25519(key)}\n`, { mode: 0o600 });
        const [type, base64] = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim().split(' ');
        expect(type).toBe('ssh-ed25519');
        expect(base64).toBe(wireEd25519(key).toString('base64'));
        const shown = execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' });
        expect(shown.split(' ')[1]).toBe(fingerprintOf(wireEd25519(key)));
      }),
      { numRuns: 20 },
    );
  });
});
