import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { credentialsFor } from './credentials.js';
import { newFolder } from './test-host.fixture.js';

let folder: ReturnType<typeof newFolder>;
beforeEach(() => {
  folder = newFolder();
  mkdirSync(join(folder.path, '.ssh'));
});
afterEach(() => folder.remove());

function write(name: string, mode = 0o600): string {
  const path = join(folder.path, '.ssh', name);
  writeFileSync(path, `text of ${name}`);
  chmodSync(path, mode);
  return path;
}
const find = (files: readonly string[], env: Record<string, string> = {}) =>
  credentialsFor(files, { home: folder.path, env });

describe('credentials', () => {
  test('are the default keys that exist, in order, and the SSH agent', async () => {
    const [rsa, ed] = [write('id_rsa'), write('id_ed25519')];
    expect(await find([], { SSH_AUTH_SOCK: '/agent' })).toEqual({
      keys: [
        { path: ed, text: 'text of id_ed25519' },
        { path: rsa, text: 'text of id_rsa' },
      ],
      agentSocket: '/agent',
    });
  });

  test('are the named file alone', async () => {
    write('id_rsa');
    const path = write('other');
    expect(await find(['~/.ssh/other'])).toEqual({ keys: [{ path, text: 'text of other' }] });
  });

  test('are nothing where there is nothing', async () => {
    expect(await find([], { SSH_AUTH_SOCK: '' })).toEqual({ keys: [] });
  });

  test('refuse a key that others can read', async () => {
    const path = write('id_rsa', 0o640);
    await expect(find([path])).rejects.toMatchObject({
      code: 'SSH_FAILED',
      message: `the private key file "${path}" can be read or written by others (mode 0640)`,
      hint: `chmod 600 ${path}`,
      details: { layer: 'key' },
    });
    await expect(find([])).rejects.toMatchObject({ details: { layer: 'key' } });
    expect(await find([], { SSH_AUTH_SOCK: '/agent' })).toEqual({ keys: [], agentSocket: '/agent' });
  });

  test('say that a named file is missing', async () => {
    await expect(find(['/none/such'])).rejects.toMatchObject({
      message: 'the private key file "/none/such" does not exist',
      details: { layer: 'key' },
    });
  });
});
