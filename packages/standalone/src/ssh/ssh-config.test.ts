import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { globFiles } from './glob-files.js';
import { matchesPatternList } from './host-pattern.js';
import { hostAliases, readSshConfig, type SshConfigSurroundings } from './ssh-config.js';
import { configWords } from './ssh-config-lines.js';
import { newFolder } from './test-host.fixture.js';

const files: Readonly<Record<string, string>> = {
  '/home/me/.ssh/conf.d/a': 'Host inner\n  User included\n',
  '/home/me/.ssh/conf.d/b': 'Port 2200\n',
};
const around: SshConfigSurroundings = {
  home: '/home/me',
  localUser: 'me',
  glob: pattern => Object.keys(files).filter(path => matchesPatternList(path, [pattern])),
  readFile: path => files[path],
};
const read = (text: string, alias: string) => readSshConfig(text, alias, around);

describe('an ssh_config', () => {
  test('gives defaults for a host that it does not know', () => {
    expect(read('', 'Alpha')).toEqual({
      hostName: 'alpha',
      port: 22,
      user: 'me',
      identityFiles: [],
      jumps: [],
      warnings: [],
    });
  });

  test('takes the first value, and gathers identity files', () => {
    const text = `
      Host alpha
        HostName=10.0.0.7
        Port = 2222
        IdentityFile ~/.ssh/alpha
      Host *
        Port 22
        User "deep thought"
        IdentityFile '%d/keys/%r@%h:%p' # shared
    `;
    expect(read(text, 'alpha')).toMatchObject({
      hostName: '10.0.0.7',
      port: 2222,
      user: 'deep thought',
      identityFiles: ['/home/me/.ssh/alpha', '/home/me/keys/deep thought@10.0.0.7:2222'],
    });
  });

  test('knows patterns, negation and tokens of the name', () => {
    const text = 'Host *.lab !bad.lab\n HostName %h.example.org\nHost node?\n User n\n';
    expect(read(text, 'a.lab').hostName).toBe('a.lab.example.org');
    expect(read(text, 'bad.lab').hostName).toBe('bad.lab');
    expect(read(text, 'node1').user).toBe('n');
    expect(read(text, 'node12').user).toBe('me');
  });

  test('includes files by pattern, inside of the block where that stands', () => {
    const text = 'Include conf.d/*\nHost other\n User o\n';
    expect(read(text, 'inner')).toMatchObject({ user: 'included', port: 2200 });
    expect(read('Host x\n Include conf.d/b\n', 'x').port).toBe(2200);
    expect(read('Host x\n Include conf.d/b\n', 'y').port).toBe(22);
    expect(hostAliases(text, around)).toEqual(['inner', 'other']);
  });

  test('knows some of Match, and passes over the rest with a warning', () => {
    const text = `
      Match host alpha,beta user root
        Port 1
      Match exec "test -e /x"
        Port 2
      Match all
        Port 3
    `;
    expect(read(`Host alpha\n User root\n${text}`, 'alpha').port).toBe(1);
    const other = read(text, 'alpha');
    expect(other.port).toBe(3);
    expect(other.warnings).toEqual(['line 4: "Match exec test -e /x" is passed over: "exec" is not known']);
  });

  test('takes jump hosts apart', () => {
    expect(read('ProxyJump a,me@b:2222,ssh://u@[::1]:22', 'x').jumps).toEqual([
      { host: 'a' },
      { host: 'b', user: 'me', port: 2222 },
      { host: '::1', user: 'u', port: 22 },
    ]);
    expect(read('ProxyJump none\nProxyJump a', 'x').jumps).toEqual([]);
    expect(read('ProxyCommand nc %h %p\nProxyJump a', 'x')).toMatchObject({ jumps: [], warnings: [/ProxyCommand/] });
  });

  test('gives any words back that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '#', '"', "'", '\\', '=') })), words => {
        const line = words.map(word => `"${word.replace(/[\\"']/g, '\\$&')}"`).join(' ');
        expect(configWords(line)).toEqual(words);
      }),
    );
  });
});

const hasSsh = existsSync('/usr/bin/ssh');
describe.skipIf(!hasSsh)("OpenSSH's own reading", () => {
  let folder: ReturnType<typeof newFolder>;
  beforeAll(() => {
    folder = newFolder();
  });
  afterAll(() => folder.remove());

  const name = fc.constantFrom('alpha', 'beta', 'gamma.lab', 'alpha.lab');
  const pattern = fc.constantFrom('alpha', 'beta', '*', '*.lab', '!alpha', '!*.lab', 'al?ha', 'g*', '!beta');
  const setting = fc.oneof(
    fc.constantFrom('HostName 10.0.0.1', 'HostName %h.example', 'hostname="B.example"', 'HostName beta'),
    fc.constantFrom('Port 22', 'Port = 2222', 'Port=2022', 'PORT 7 # seven'),
    fc.constantFrom('User root', 'User "a b"', "User='me'", 'User alpha'),
    fc.constantFrom('IdentityFile /k/one', 'IdentityFile "/k/two three"', 'IdentityFile=/k/four'),
    fc.constantFrom('ProxyJump door', 'ProxyJump me@door:2200', 'ProxyJump none', 'ProxyJump a,b'),
    fc.constantFrom('# Port 9', '', 'Compression yes', 'Include "INCLUDED/*.conf"', 'Include INCLUDED/none*'),
  );
  const block = fc.oneof(
    fc.array(pattern, { minLength: 1, maxLength: 3 }).map(patterns => `Host ${patterns.join(' ')}`),
    fc.constant('Match all'),
    fc.constantFrom('Match host alpha,*.lab', 'Match host !alpha,*', 'Match originalhost beta', 'Match !host beta'),
    fc.constantFrom('Match user root', 'Match !user root', 'Match user a*,root host 10.*'),
  );
  const section = fc
    .tuple(block, fc.array(setting, { maxLength: 5 }))
    .map(([head, body]) => [head, ...body].join('\n  '));
  const config = fc
    .tuple(fc.array(setting, { maxLength: 2 }), fc.array(section, { maxLength: 5 }))
    .map(([top, rest]) => [...top, ...rest].join('\n'));

  test('agrees with ours', () => {
    let runs = 0;
    fc.assert(
      fc.property(config, config, name, (outer, inner, alias) => {
        const path = join(folder.path, 'config');
        const included = inner.replaceAll('Include', '# Include');
        writeFileSync(join(folder.path, 'one.conf'), included);
        writeFileSync(join(folder.path, 'two.conf'), 'User two\n');
        const text = outer.replaceAll('INCLUDED', folder.path);
        writeFileSync(path, text);
        const ours = readSshConfig(text, alias, {
          home: '/home/me',
          localUser: userInfo().username,
          glob: globFiles,
          readFile: wanted => readFileSync(wanted, 'utf8'),
        });
        const theirs = execFileSync('ssh', ['-G', '-F', path, alias], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }).split('\n');
        const all = (key: string): string[] =>
          theirs.filter(line => line.startsWith(`${key} `)).map(line => line.slice(key.length + 1));
        const jumps = ours.jumps.map(
          jump =>
            `${jump.user === undefined ? '' : `${jump.user}@`}${jump.host}${jump.port === undefined ? '' : `:${jump.port}`}`,
        );
        expect({
          hostname: [ours.hostName],
          port: [String(ours.port)],
          user: [ours.user],
          identityfile: ours.identityFiles,
          proxyjump: jumps.length === 0 ? [] : [jumps.join(',')],
        }).toEqual({
          hostname: all('hostname'),
          port: all('port'),
          user: all('user'),
          identityfile: all('identityfile').filter(file => !file.startsWith('~/.ssh/id_')),
          proxyjump: all('proxyjump').filter(jump => jump !== 'none'),
        });
        runs++;
      }),
      { numRuns: 400 },
    );
    expect(runs).toBeGreaterThan(100);
  });
});
