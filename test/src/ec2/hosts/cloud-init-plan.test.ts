import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type CloudInitPlan, cloudInitPlan } from './cloud-init-plan.js';

const nothing: CloudInitPlan = {
  bootScripts: [],
  files: [],
  deletesHostKeys: true,
  hostKeys: [],
  authorizedKeys: [],
  scripts: [],
  problems: [],
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('user data', () => {
  test('that is empty, or an empty cloud-config, asks for nothing', () => {
    expect(cloudInitPlan('')).toEqual(nothing);
    expect(cloudInitPlan('#cloud-config\n')).toEqual(nothing);
  });

  test('that is a cloud-config becomes exactly this', () => {
    const plan = cloudInitPlan(`#cloud-config
bootcmd:
  - shutdown -h +5 || true
  - [echo, "it's", 7]
ssh_deletekeys: false
ssh_keys:
  ed25519_private: |
    -----BEGIN-----
    abc
  ed25519_public: ssh-ed25519 AAAA host
  rsa_private: xyz
ssh_authorized_keys: [ssh-ed25519 BBBB]
write_files:
  - path: /etc/a b
    content: |
      hello
    permissions: 0600
    owner: daemon:daemon
  - { path: /b, content: aGk=, encoding: b64, permissions: '0755', append: true }
runcmd:
  - [touch, /x]
ssh_pwauth: false
`);
    expect(plan).toEqual({
      bootScripts: ["#!/bin/sh\nshutdown -h +5 || true\n'echo' 'it'\\''s' '7'\n"],
      files: [
        { path: '/etc/a b', base64: base64('hello\n'), mode: '0600', owner: 'daemon:daemon', append: false },
        { path: '/b', base64: base64('hi'), mode: '0755', owner: 'root:root', append: true },
      ],
      deletesHostKeys: false,
      hostKeys: [
        { type: 'rsa', privateText: 'xyz' },
        { type: 'ed25519', privateText: '-----BEGIN-----\nabc\n', publicLine: 'ssh-ed25519 AAAA host' },
      ],
      authorizedKeys: ['ssh-ed25519 BBBB'],
      scripts: ["#!/bin/sh\n'touch' '/x'\n"],
      problems: [],
    });
  });

  test('that is a script is run once, a boothook at each boot', () => {
    expect(cloudInitPlan('#!/bin/sh\necho a\n')).toEqual({ ...nothing, scripts: ['#!/bin/sh\necho a\n'] });
    const hook = '#cloud-boothook\n#!/bin/sh\necho a\n';
    expect(cloudInitPlan(hook)).toEqual({ ...nothing, bootScripts: [hook] });
  });

  test.each(['\n', '\r\n'])('that is MIME multipart is all of its parts (line ends %j)', end => {
    const text = [
      'Content-Type: multipart/mixed; boundary="=AB="',
      'MIME-Version: 1.0',
      '',
      'preamble',
      '--=AB=',
      'Content-Type: text/x-shellscript; charset="us-ascii"',
      'Content-Transfer-Encoding: base64',
      '',
      base64('#!/bin/sh\necho b\n'),
      '--=AB=',
      'Content-Type: text/cloud-config',
      '',
      '#cloud-config',
      'runcmd: [echo c]',
      '--=AB=--',
      'epilogue',
    ];
    const plan = cloudInitPlan(text.join(end));
    expect(plan).toEqual({ ...nothing, scripts: ['#!/bin/sh\necho b\n', '#!/bin/sh\necho c\n'] });
  });

  test('is read as Python reads YAML', () => {
    const { scripts } = cloudInitPlan('#cloud-config\nruncmd: [[echo, y, n, N, 010, "010"]]\n');
    expect(scripts).toEqual(["#!/bin/sh\n'echo' 'y' 'n' 'N' '8' '010'\n"]);
  });

  test('packed contents are unpacked', () => {
    const content = gzipSync('packed').toString('base64');
    const { files } = cloudInitPlan(`#cloud-config\nwrite_files: [{path: /p, content: ${content}, encoding: gz+b64}]`);
    expect(files.map(file => Buffer.from(file.base64, 'base64').toString())).toEqual(['packed']);
  });

  test.each([
    ['hello', 'user data is of no kind that is known here'],
    ['#cloud-config\n- a', 'the cloud-config is no mapping'],
    ['#cloud-config\na: [', 'the cloud-config is no YAML: '],
    ['#cloud-config\npackages: [jq]', "'packages' is not done here"],
    ['#cloud-config\nssh_pwauth: true', "'ssh_pwauth' is not done here"],
    ['#cloud-config\nruncmd: echo', "'runcmd' is no list"],
    ['#cloud-config\nbootcmd: [{a: b}]', "a command of 'bootcmd' is neither a text nor a list"],
    ['#cloud-config\nwrite_files: [{content: a}]', "an entry of 'write_files' has no path"],
    ['#cloud-config\nwrite_files: [{path: /a, encoding: rot13}]', "'/a' has an encoding that is not known here: rot13"],
    ['#cloud-config\nssh_keys: {dsa_private: a}', "'ssh_keys' has 'dsa_private'"],
  ])('that asks for what is not done says so: %j', (text, problem) => {
    const { problems, ...rest } = cloudInitPlan(text);
    expect(problems.map(found => found.slice(0, problem.length))).toEqual([problem]);
    expect({ ...rest, problems: [] }).toEqual(nothing);
  });

  test('words of a listed command reach the program as they are, whatever is in them', () => {
    const character = fc.string({ unit: 'binary' }).filter(text => !/[\0\r\uD800-\uDFFF]/.test(text));
    fc.assert(
      fc.property(fc.array(character, { minLength: 1, maxLength: 4 }), words => {
        const [script] = cloudInitPlan(
          `#cloud-config\n${stringify({ runcmd: [['printf', '%s\\0', ...words]] }, { version: '1.1' })}`,
        ).scripts;
        const out = execFileSync('/bin/sh', ['-c', script!], { encoding: 'utf8' });
        expect(out).toBe(words.map(word => `${word}\0`).join(''));
      }),
      { numRuns: 40 },
    );
  });
});
