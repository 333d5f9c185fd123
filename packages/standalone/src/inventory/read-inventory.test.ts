import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { putHosts, removeHost } from './change-inventory.js';
import { jumpProblem } from './jumps.js';
import { readInventory } from './read-inventory.js';

let folder: string;
let home: string;
let cwd: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-inventory-'));
  home = join(folder, 'home');
  cwd = join(folder, 'project', 'a', 'b');
  mkdirSync(home);
  mkdirSync(cwd, { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));

const read = () => readInventory({ cwd, home });
const project = (text: string, name = 'megalith.yaml') => writeFileSync(join(folder, 'project', name), text);
const user = (text: string) => writeFileSync(join(home, 'megalith.yaml'), text);
const fingerprint = `SHA256:${'x'.repeat(43)}`;

describe('an inventory', () => {
  it('is empty without files, and makes none', async () => {
    const inventory = await read();
    expect(inventory).toMatchObject({
      hosts: [],
      files: [],
      projectFile: undefined,
      userFile: join(home, 'megalith.yaml'),
      agent: { idleMs: 600_000, retention: { maxJobs: 200, maxAgeMs: 7 * 86_400_000 } },
    });
    expect(readdirSync(home)).toEqual([]);
  });

  it("is the project's from a folder above and the user's; the project's counts", async () => {
    project(
      `agent: {idle: 1h, keepJobs: 5}
hosts:
  alpha:
    address: 10.0.0.7
    user: megan
    port: 2222
    identityFile: keys/alpha
    hostKeys: [${fingerprint}]
    jump: door
    cpus: 64
    memory: 512GiB
    clearance: restricted
    folder: /data/megalith
`,
      'megalith.yml',
    );
    user(
      'agent: {idle: 5m, keepFor: 1d}\nhosts:\n  alpha: {address: x, user: y}\n  door: {address: "::1", user: root, identityFile: ~/k}\n',
    );
    const first = await read();
    expect(first.hosts).toEqual([
      {
        name: 'alpha',
        address: '10.0.0.7',
        user: 'megan',
        port: 2222,
        identityFile: join(folder, 'project/keys/alpha'),
        hostKeys: [fingerprint],
        jump: 'door',
        cpus: 64,
        memoryBytes: 512 * 2 ** 30,
        clearance: 'restricted',
        folder: '/data/megalith',
      },
      { name: 'door', address: '::1', user: 'root', identityFile: join(homedir(), 'k'), hostKeys: [] },
    ]);
    expect(first.agent).toEqual({ idleMs: 3_600_000, retention: { maxJobs: 5, maxAgeMs: 86_400_000 } });
    expect(first.files).toEqual([join(folder, 'project/megalith.yml'), join(home, 'megalith.yaml')]);
    expect(first.fileOf('door')).toBe(join(home, 'megalith.yaml'));
    // From what was kept of the first reading.
    expect((await read()).hosts).toEqual(first.hosts);
    expect(first.find('megan@10.0.0.7:2222').name).toBe('alpha');
    expect(first.find('root@[::1]').name).toBe('door');
  });

  it('says what may have been meant, or how to add it', async () => {
    user('hosts:\n  alpha: {address: a, user: u}\n');
    const { find } = await read();
    expect(() => find('alpa')).toThrow(expect.objectContaining({ code: 'NOT_FOUND', hint: 'did you mean "alpha"?' }));
    expect(() => find('u@b:22')).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', hint: expect.stringContaining('megalith hosts add u@b:22') }),
    );
  });

  it.each([
    ['hosts: {a: {address: a, user: u, jump: dor}, door: {address: d, user: u}}', 'no such host', 'mean "door"?'],
    ['hosts: {a: {address: a, user: u, jump: b}, b: {address: b, user: u, jump: a}}', 'a → b → a', 'without a jump'],
    ['hosts: {a: {address: a, user: u, jump: a}}', 'hosts.a.jump leads in a circle: a → a', 'without a jump'],
  ])('refuses %s', async (text, wrong, allowed) => {
    project(text);
    await expect(read()).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(wrong),
      hint: expect.stringContaining(allowed),
      details: expect.objectContaining({ file: join(folder, 'project/megalith.yaml') }),
    });
  });
});

describe('jumps', () => {
  it('are told apart: all lead somewhere, or one is unknown, or there is a circle', () => {
    const hosts = fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), jump: fc.option(fc.constantFrom('a', 'b', 'c', 'd')) }),
      { selector: host => host.name },
    );
    fc.assert(
      fc.property(hosts, found => {
        const list = found.map(({ name, jump }) => ({ name, ...(jump === null ? {} : { jump }) }));
        // From the hosts that need no jump outwards: whatever is left over can't be reached.
        const reached = new Set<string>();
        for (let round = 0; round < 5; round++)
          for (const { name, jump } of list) if (jump === undefined || reached.has(jump)) reached.add(name);
        const problem = jumpProblem(list);
        expect(problem === undefined).toBe(reached.size === list.length);
        if (problem?.kind === 'unknown') expect(list.some(host => host.name === problem.jump)).toBe(false);
        if (problem?.kind === 'circle')
          for (const [i, name] of problem.way.slice(0, -1).entries())
            expect(list.find(host => host.name === name)?.jump).toBe(problem.way[i + 1]);
      }),
    );
  });
});

describe('a change', () => {
  const host = (name: string) => ({ name, address: name, user: 'u', hostKeys: [fingerprint] });

  it("makes the user's file for its owner only, and leaves nothing else", async () => {
    const file = join(home, 'new', 'megalith.yaml');
    await putHosts(file, [host('alpha')]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home, 'new'))).toEqual(['megalith.yaml']);
    expect(await removeHost(file, 'alpha')).toBe(true);
    expect(await removeHost(file, 'alpha')).toBe(false);
  });

  it('keeps the permissions and the symbolic link that were there', async () => {
    writeFileSync(join(folder, 'dotfile'), '# mine\n', { mode: 0o640 });
    symlinkSync(join(folder, 'dotfile'), join(home, 'megalith.yaml'));
    await putHosts(join(home, 'megalith.yaml'), [host('alpha')]);
    expect(await readlink(join(home, 'megalith.yaml'))).toBe(join(folder, 'dotfile'));
    expect(statSync(join(folder, 'dotfile')).mode & 0o777).toBe(0o640);
    expect(await readFile(join(folder, 'dotfile'), 'utf8')).toMatch(/^# mine\n[\s\S]*alpha:/);
  });

  it('refuses a name that is there, unless it is to be replaced', async () => {
    const file = join(home, 'megalith.yaml');
    await putHosts(file, [host('alpha')]);
    await expect(putHosts(file, [host('beta'), host('alpha')])).rejects.toMatchObject({ code: 'CONFIG' });
    expect((await read()).hosts.map(each => each.name)).toEqual(['alpha']);
    await putHosts(file, [{ ...host('alpha'), address: 'new' }], { replace: true });
    expect((await read()).find('alpha').address).toBe('new');
  });

  it('loses no host of another writer', async () => {
    const file = join(home, 'megalith.yaml');
    const names = Array.from({ length: 12 }, (_, i) => `host${i}`);
    await Promise.all(names.map(name => putHosts(file, [host(name)])));
    expect((await read()).hosts.map(each => each.name).sort()).toEqual(names.sort());
    expect(readdirSync(home).filter(name => name.startsWith('megalith.yaml'))).toEqual(['megalith.yaml']);
  });

  it('takes the lock of a process that is dead', async () => {
    const file = join(home, 'megalith.yaml');
    const { hostname } = await import('node:os');
    const dead = { host: hostname(), process: { pid: 2 ** 22 + 1, startTicks: 1 }, token: 'x' };
    writeFileSync(`${file}.lock`, JSON.stringify(dead));
    await Promise.all([putHosts(file, [host('alpha')]), putHosts(file, [host('beta')])]);
    expect((await read()).hosts).toHaveLength(2);
  });

  it('that was cancelled writes nothing', async () => {
    const file = join(home, 'megalith.yaml');
    await expect(putHosts(file, [host('alpha')], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(readdirSync(home)).toEqual([]);
  });
});
