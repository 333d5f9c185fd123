import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { HostEntry } from '../inventory/host-entry.js';
import { sshTarget } from './ssh-target.js';

const home = mkdtempSync(join(tmpdir(), 'megalith-target-'));
mkdirSync(join(home, '.ssh'));
for (const name of ['id_rsa', 'special']) writeFileSync(join(home, '.ssh', name), name, { mode: 0o600 });
afterAll(() => rmSync(home, { recursive: true }));

const alpha: HostEntry = { name: 'alpha', address: '192.0.2.1', user: 'ada', hostKeys: ['SHA256:a'] };
const surroundings = { home, env: {} };

test('an entry without a key offers the default ones that exist, at port 22', async () => {
  expect(await sshTarget(alpha, [], surroundings)).toEqual({
    ...alpha,
    port: 22,
    keys: [{ path: join(home, '.ssh/id_rsa'), text: 'id_rsa' }],
  });
});

test('jump hosts are followed, each with its own key', async () => {
  const gate: HostEntry = { ...alpha, name: 'gate', port: 2222, identityFile: '~/.ssh/special', jump: 'alpha' };
  const target = await sshTarget({ ...alpha, name: 'inner', jump: 'gate' }, [alpha, gate], surroundings);
  expect(target.jump).toMatchObject({ name: 'gate', port: 2222, keys: [{ text: 'special' }] });
  expect(target.jump?.jump).toMatchObject({ name: 'alpha' });
});

test('a jump host that is unknown, or leads back, is refused by name', async () => {
  const [a, b] = [
    { ...alpha, name: 'a', jump: 'b' },
    { ...alpha, name: 'b', jump: 'a' },
  ];
  await expect(sshTarget(a, [a], surroundings)).rejects.toThrow(/"b" of "a" is not in the inventory/);
  await expect(sshTarget(a, [a, b], surroundings)).rejects.toThrow(/goes in a circle: a → b → a/);
});
