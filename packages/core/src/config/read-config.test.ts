import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../placement/policy.js';
import { systemFile as findSystemFile } from './config-files.js';
import { readConfig } from './read-config.js';

let folder: string;
let home: string;
let cwd: string;
let systemFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-config-'));
  home = join(folder, 'home');
  cwd = join(folder, 'project', 'a', 'b');
  systemFile = join(folder, 'etc', 'megalith.yaml');
  mkdirSync(home);
  mkdirSync(join(folder, 'etc'));
  mkdirSync(cwd, { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));

const read = () => readConfig({ cwd, home, systemFile });
const project = (text: string, name = 'megalith.yaml') => writeFileSync(join(folder, 'project', name), text);
const user = (text: string) => writeFileSync(join(home, 'megalith.yaml'), text);
const system = (text: string) => writeFileSync(systemFile, text);
const role = 'arn:aws:iam::123456789012:role/x';

describe('a config', () => {
  it('has the defaults where there is no file, and makes none', async () => {
    expect(await read()).toMatchObject({
      hosts: [],
      agent: {},
      policy: defaultPolicy,
      stores: {},
      files: [],
      projectFile: undefined,
      userFile: join(home, 'megalith.yaml'),
      systemFile: undefined,
    });
    expect(readdirSync(home)).toEqual([]);
  });

  it('has every section, with absolute paths', async () => {
    project(`policy:
  default: internal
  here: confidential
  tags: { phi: restricted, open: public }
  paths: { "/data/patients/**": phi, "raw/*.bam": confidential, "~/notes": unheard }
  regions: { confidential: [eu-central-1, eu-west-1] }
stores:
  spill: { url: "s3://bucket/prefix", region: eu-central-1, endpoint: "http://localhost:9000", clearance: confidential }
lambda: { region: us-east-1, role: "${role}", memory: [10GiB, 1769MiB], timeout: 5m, tmp: 1GiB, store: spill }
history: { store: spill }
prices: prices.json
hosts: { alpha: { address: a, user: u, region: rack-7 } }
`);
    const config = await read();
    expect(config.policy).toEqual({
      defaultLabel: 'internal',
      hereClearance: 'confidential',
      tags: { phi: 'restricted', open: 'public' },
      paths: [
        { glob: '/data/patients/**', label: 'restricted' },
        { glob: join(folder, 'project/raw/*.bam'), label: 'confidential' },
        { glob: join(homedir(), 'notes'), label: 'restricted' },
      ],
      regions: { confidential: ['eu-central-1', 'eu-west-1'], restricted: ['eu-central-1', 'eu-west-1'] },
    });
    expect(config).toMatchObject({
      stores: {
        spill: {
          url: 's3://bucket/prefix',
          region: 'eu-central-1',
          endpoint: 'http://localhost:9000',
          clearance: 'confidential',
        },
      },
      lambda: { region: 'us-east-1', role, memory: [10 * 2 ** 30, 1769 * 2 ** 20], timeout: 300_000, tmp: 2 ** 30 },
      history: { store: 'spill' },
      prices: join(folder, 'project/prices.json'),
      hosts: [{ name: 'alpha', region: 'rack-7' }],
    });
    // From what was kept of the first reading.
    expect({ ...(await read()), fileOf: undefined }).toEqual({ ...config, fileOf: undefined });
  });

  it("takes the project's word before the user's before the organisation's, but for what must be strict", async () => {
    project('stores: {a: {url: "s3://project-a", clearance: restricted}}\nagent: {idle: 1m}\nprices: p.json\n');
    user(
      'stores: {a: {url: "s3://user-a"}, b: {url: "s3://user-b"}, c: {url: ./pool}}\nagent: {idle: 2m, keepJobs: 2}\nhistory: {store: b}\n',
    );
    system('stores: {p: {url: "s3://project-a/", clearance: confidential}}\nagent: {keepJobs: 3, keepFor: 3d}\n');
    const config = await read();
    expect(config.stores).toEqual({
      a: { url: 's3://project-a', clearance: 'confidential' },
      b: { url: 's3://user-b', clearance: 'internal' },
      c: { url: join(home, 'pool'), clearance: 'internal' },
      p: { url: 's3://project-a/', clearance: 'confidential' },
    });
    expect(config.agent).toEqual({ idleMs: 60_000, keepJobs: 2, keepForMs: 3 * 86_400_000 });
    expect(config).toMatchObject({ prices: join(folder, 'project/p.json'), history: { store: 'b' } });
    expect(config.files).toEqual([join(folder, 'project/megalith.yaml'), join(home, 'megalith.yaml'), systemFile]);
  });

  it('is read anew when the file changes, and when what was kept is damaged', async () => {
    user('hosts:\n  alpha: {address: a, user: u}\n');
    await read();
    user('hosts:\n  alpha: {address: b, user: u}\n');
    expect((await read()).hosts[0]?.address).toBe('b');
    const kept = join(home, 'cache/config', readdirSync(join(home, 'cache/config'))[0]!);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    writeFileSync(kept, '{');
    expect((await read()).hosts[0]?.address).toBe('b');
  });

  it.each([
    ['hosts: {a: {address: a, user: u, port: 70000}}', 'hosts.a.port is 70000', 'a whole number from 1 to 65535'],
    ['hosts: {a: {address: a, user: u, pot: 1}}', 'hosts.a.pot is not known', 'did you mean "port"?'],
    ['hosts: {a: {address: a, user: u, colour: 1}}', 'hosts.a.colour is not known', 'known there: address'],
    ['host: {}', 'host is not known', 'did you mean "hosts"'],
    ['hosts: {a: {address: a}}', 'hosts.a.user is missing', 'name of a user'],
    ['hosts: {a: {address: a, user: 12}}', 'hosts.a.user is 12', 'in quotes'],
    ['hosts: {a: {address: a b, user: u}}', 'hosts.a.address is "a b"', 'a DNS name'],
    ['hosts: {a: {address: -oProxyCommand=x, user: u}}', 'hosts.a.address is', 'a DNS name'],
    ['hosts: {a.b: {address: a, user: u, hostKeys: [SHA256:x]}}', 'hosts."a.b".hostKeys[0] is', '43 characters'],
    ['hosts: {a: {address: a, user: u, hostKeys: SHA256:x}}', 'hosts.a.hostKeys is', 'a list of fingerprints'],
    ['hosts: {a: {address: a, user: u, memory: much}}', 'hosts.a.memory is "much"', 'such as 64GiB'],
    ['hosts: {a: {address: a, user: u, region: a b}}', 'hosts.a.region is "a b"', 'a region'],
    ['hosts: {a: {address: a, user: u, clearance: top}}', 'hosts.a.clearance is "top"', 'public, internal'],
    ['hosts: {a: {address: a, user: u, cpus: 0}}', 'hosts.a.cpus is 0', 'whole number from 1'],
    ['hosts: {a: }', 'hosts.a is empty', 'at least address and user'],
    ['hosts: [a]', 'hosts is ["a"]', 'a map from'],
    ['hosts: {a@b: {address: a, user: u}}', 'hosts."a@b" is not a name', 'letters, digits'],
    ['hosts: {__proto__: {address: a, user: u}}', 'hosts.__proto__ is not a name', 'letters, digits'],
    ['agent: {idle: 10}\nhosts: {a: {address: a, user: u}, a: {address: a, user: u}}', 'line 2: a key', 'its own name'],
    ['agent: {idle: soon}', 'agent.idle is "soon"', 'such as 10m'],
    ['agent: {keepJobs: -1}', 'agent.keepJobs is -1', 'from 0'],
    ['policy: {tags: {phi: top}}', 'policy.tags.phi is "top"', 'one of public, internal'],
    ['policy: {tags: {internal: public}}', 'policy.tags.internal is "public"', 'the name of a label'],
    ['policy: {tags: {a b: public}}', 'policy.tags."a b" is not a name for a tag', 'letters, digits'],
    ['policy: {regions: {secret: [eu-west-1]}}', 'policy.regions.secret is not known', 'known there: public, internal'],
    ['policy: {regions: {internal: eu-west-1}}', 'policy.regions.internal is "eu-west-1"', 'a list of regions'],
    ['policy: {paths: {/data/**: }}', 'policy.paths."/data/**" is empty', 'or a tag'],
    ['policy: {defualt: public}', 'policy.defualt is not known', 'did you mean "default"?'],
    ['stores: {a: {url: bucket/prefix}}', 'stores.a.url is "bucket/prefix"', 's3://BUCKET/PREFIX, '],
    ['stores: {a: {url: "redis://u:hidden@h"}}', 'stores.a.url is "redis://…@h"', 'REDIS_PASSWORD'],
    ['stores: {a: {url: "azure://account"}}', 'stores.a.url is "azure://account"', 'azure://ACCOUNT/CONTAINER'],
    [
      'stores: {a: {url: "azure://key@account/container"}}',
      'stores.a.url is "azure://…@account/container"',
      'azure://',
    ],
    ['stores: {a: {region: eu-west-1}}', 'stores.a.url is missing', 's3://BUCKET'],
    ['stores: {a: {url: "file:///x", clearence: public}}', 'stores.a.clearence is not known', '"clearance"?'],
    [`lambda: {region: us-east-1}`, 'lambda.role is missing', 'the ARN of a role'],
    [`lambda: {region: us-east-1, role: "${role}", memory: [11GiB]}`, 'lambda.memory[0] is "11GiB"', '128MiB to 10GiB'],
    [`lambda: {region: us-east-1, role: "${role}", timeout: 16m}`, 'lambda.timeout is "16m"', 'from 1s to 15m'],
    [
      `lambda: {region: us-east-1, role: "${role}", store: a}\nstores: {a: {url: "azure://account/container"}}`,
      "functions can't put objects there",
      'a store in S3',
    ],
    [
      `lambda: {region: us-east-1, role: "${role}", store: spil}\nstores: {spill: {url: "s3://abc"}}`,
      'no such store',
      '"spill"?',
    ],
    ['history: {store: spill}', 'history.store is "spill"', 'there is none'],
    ['prices: [1]', 'prices is [1]', 'a path'],
    ['- a', 'is ["a"]', 'a map with sections'],
    ['hosts: {', 'line 1', 'mend the YAML'],
    [
      'a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]',
      'alias',
      'aliases',
    ],
  ])('refuses %s', async (text, wrong, allowed) => {
    project(text);
    await expect(read()).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(wrong),
      hint: expect.stringContaining(allowed),
      details: expect.objectContaining({ file: join(folder, 'project/megalith.yaml') }),
    });
    await expect(read()).rejects.toThrow(join(folder, 'project/megalith.yaml'));
  });

  it('names the line of what is wrong', async () => {
    project('# ours\nhosts:\n  a:\n    address: a\n    user: u\n    port: no\n');
    await expect(read()).rejects.toMatchObject({ details: { path: 'hosts.a.port', line: 6 } });
  });

  it('refuses two spellings in one folder', async () => {
    project('');
    project('', 'megalith.yml');
    await expect(read()).rejects.toMatchObject({ code: 'CONFIG', message: expect.stringContaining('both') });
  });

  it('refuses a file that anybody may have written', async () => {
    project('');
    chmodSync(join(folder, 'project/megalith.yaml'), 0o666);
    await expect(read()).rejects.toMatchObject({ code: 'CONFIG', message: expect.stringContaining('everybody may') });
  });

  it.runIf(process.getuid?.() === 0)("refuses a stranger's file in a folder for everybody", async () => {
    project('');
    chownSync(join(folder, 'project/megalith.yaml'), 12_345, 12_345);
    expect((await read()).files).toHaveLength(1);
    chmodSync(join(folder, 'project'), 0o1777);
    await expect(read()).rejects.toMatchObject({ code: 'CONFIG', message: expect.stringContaining('another user') });
  });

  it('is refused where others than its owner may have written the file of the organisation', async () => {
    system('policy: {here: public}\n');
    expect((await read()).policy.hereClearance).toBe('public');
    chmodSync(systemFile, 0o664);
    await expect(read()).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('others than root'),
    });
  });

  it('is of the file that root has put there, whatever the environment names', () => {
    system('policy: {here: public}\n');
    const other = join(home, 'other.yaml');
    expect(findSystemFile(systemFile, other)).toBe(systemFile);
    writeFileSync(other, '');
    expect(findSystemFile(systemFile, other)).toBe(other);
    expect(() => findSystemFile(join(home, 'gone.yaml'), join(home, 'none.yaml'))).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('gone.yaml') }),
    );
  });

  it('comes with the organisation that the environment names', async () => {
    system('policy: {here: public}\n');
    vi.stubEnv('MEGALITH_SYSTEM_CONFIG', systemFile);
    try {
      expect((await readConfig({ cwd, home })).policy.hereClearance).toBe('public');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
