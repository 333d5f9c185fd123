import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImportKeyPairCommandInput, KeyPairInfo } from '@aws-sdk/client-ec2';
import ssh2 from 'ssh2';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { readPrivateKey } from '../../ssh/private-key.js';
import { awsRefusal } from './aws-error.fixture.js';
import { ensureKeyPair, type KeyPairApi, keyPath } from './key-pair.js';
import { newPrivateKey, readLoginKey } from './login-key.js';

const hasKeygen = existsSync('/usr/bin/ssh-keygen');
const homes: string[] = [];
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mgl-keys-'));
  homes.push(home);
});
afterAll(() => {
  for (const each of homes) rmSync(each, { recursive: true, force: true });
});
const settings = { owner: 'ada@laptop', region: 'eu-central-1', keyType: 'ed25519' } as const;
const wait = { withinMs: 2_000, pauseMs: 5 };

/** EC2's key pairs; fingerprints are made without our own code. */
function fakeEc2(blindLooks = 0) {
  const pairs = new Map<string, KeyPairInfo>();
  const imports: ImportKeyPairCommandInput[] = [];
  const api: KeyPairApi = {
    async keyPairs(filters) {
      if (blindLooks-- > 0) return [];
      return [...pairs.values()].filter(pair => filters.every(each => each.Values!.includes(pair.KeyName!)));
    },
    async importKeyPair(input) {
      imports.push(input);
      if (pairs.has(input.KeyName!)) throw awsRefusal('ImportKeyPair', 'InvalidKeyPair.Duplicate');
      const wire = Buffer.from(Buffer.from(input.PublicKeyMaterial!).toString().split(' ')[1]!, 'base64');
      pairs.set(input.KeyName!, {
        KeyName: input.KeyName,
        KeyFingerprint: createHash('sha256').update(wire).digest('base64'),
        Tags: input.TagSpecifications![0]!.Tags,
      });
    },
  };
  return { api, pairs, imports };
}

describe('a login key', () => {
  test.each(['ed25519', 'rsa'] as const)('of type %s is read by ssh2, by OpenSSH, and by us', async type => {
    const text = await newPrivateKey(type);
    const key = await readLoginKey(text, '/k');
    const read = readPrivateKey({ path: '/k', text }, ssh2.utils.parseKey);
    if ('problem' in read) throw new Error(read.problem);
    expect(key.publicLine).toBe(`ssh-${type} ${read.key.getPublicSSH().toString('base64')}`);
    expect(key.type).toBe(type);
    if (!hasKeygen) return;
    const path = join(home, 'k');
    await writeFile(path, text, { mode: 0o600 });
    const shown = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' });
    expect(shown.trim().split(' ').slice(0, 2).join(' ')).toBe(key.publicLine);
  });

  test('has the fingerprint that EC2 shows for imported keys', async () => {
    const rsa = await newPrivateKey('rsa');
    const spki = createPublicKey(rsa).export({ type: 'spki', format: 'der' });
    const md5 = createHash('md5')
      .update(spki)
      .digest('hex')
      .replace(/(..)(?!$)/g, '$1:');
    expect((await readLoginKey(rsa, '/k')).ec2Fingerprint).toBe(md5);
  });

  test.each(['', 'nonsense', '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n'])(
    'is not %j',
    async text => {
      await expect(readLoginKey(text, '/k')).rejects.toMatchObject({ code: 'CONFIG', details: { path: '/k' } });
    },
  );
});

describe('the key pair of a pool', () => {
  test('is made once, kept for the owner only, and imported with our tags', async () => {
    const ec2 = fakeEc2();
    const first = await ensureKeyPair(ec2.api, home, settings, { now: () => 0 });
    expect(await ensureKeyPair(ec2.api, home, settings)).toEqual(first);
    expect(ec2.imports).toHaveLength(1);
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(first.path)).mode & 0o777).toBe(0o700);
    expect(first.name).toBe(`megalith-ada-laptop-ed25519-${first.key.digest}`);
    expect(ec2.pairs.get(first.name)!.Tags).toEqual([
      { Key: 'megalith', Value: '1' },
      { Key: 'megalith:owner', Value: 'ada@laptop' },
      { Key: 'megalith:created', Value: '1970-01-01T00:00:00.000Z' },
    ]);
  });

  test('is one and the same for processes that make it at once, whose looks miss what others have imported', async () => {
    const ec2 = fakeEc2(12);
    const made = await Promise.all(Array.from({ length: 8 }, () => ensureKeyPair(ec2.api, home, settings, { wait })));
    expect(new Set(made.map(pair => pair.name)).size).toBe(1);
    expect(ec2.pairs.size).toBe(1);
    expect(ec2.imports.length).toBeGreaterThan(1);
    const { path, key } = made[0]!;
    expect((await readLoginKey(readFileSync(path, 'utf8'), path)).digest).toBe(key.digest);
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });

  test('is another for another client, owner, region or type', async () => {
    const ec2 = fakeEc2();
    const other = mkdtempSync(join(tmpdir(), 'mgl-keys-'));
    homes.push(other);
    await ensureKeyPair(ec2.api, home, settings);
    await ensureKeyPair(ec2.api, other, settings);
    await ensureKeyPair(ec2.api, home, { ...settings, owner: 'bob@laptop' });
    expect(ec2.pairs.size).toBe(3);
    const paths = [settings, { ...settings, region: '../x' }, { ...settings, keyType: 'rsa' as const }].map(each =>
      keyPath(home, each),
    );
    expect(new Set(paths).size).toBe(3);
    for (const path of paths) expect(dirname(path)).toBe(join(home, 'cloud', 'keys'));
  });

  test('is imported again where EC2 has lost it, and comes with the same private half', async () => {
    const ec2 = fakeEc2();
    const first = await ensureKeyPair(ec2.api, home, settings);
    ec2.pairs.clear();
    expect(await ensureKeyPair(ec2.api, home, settings)).toEqual(first);
    expect(ec2.pairs.size).toBe(1);
  });

  test('is refused where EC2 has another key under its name', async () => {
    const ec2 = fakeEc2();
    const { name } = await ensureKeyPair(ec2.api, home, settings);
    ec2.pairs.set(name, { KeyName: name, KeyFingerprint: 'AAAA' });
    await expect(ensureKeyPair(ec2.api, home, settings)).rejects.toMatchObject({
      code: 'CLOUD_FAILED',
      message: expect.stringContaining(name),
      hint: expect.stringContaining('delete-key-pair'),
    });
  });

  test('is not made anew over a damaged file, and what EC2 refuses is told', async () => {
    const path = keyPath(home, settings);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'nonsense');
    await expect(ensureKeyPair(fakeEc2().api, home, settings)).rejects.toMatchObject({ code: 'CONFIG' });
    expect(readFileSync(path, 'utf8')).toBe('nonsense');
    rmSync(path);
    const importKeyPair = () => Promise.reject(awsRefusal('ImportKeyPair', 'UnauthorizedOperation'));
    await expect(ensureKeyPair({ ...fakeEc2().api, importKeyPair }, home, settings)).rejects.toMatchObject({
      code: 'NO_CREDENTIALS',
    });
  });
});
