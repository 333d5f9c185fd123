import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RememberedHost, recallHost, rememberHost } from './remembered-host.js';

const host: RememberedHost = {
  formatVersion: 1,
  place: '["root","10.0.0.7",22,""]',
  agentHash: '0123456789abcdef',
  folder: '/root/.megalith',
  socketPath: '/root/.megalith/agents/0123456789abcdef/socket',
  nodePath: '/usr/bin/node',
  facts: {
    cpus: 2,
    usableMemoryBytes: 1e9,
    diskFreeBytes: 1e10,
    arch: 'x64',
    libc: 'glibc',
    libcVersion: '2.36',
    node: { version: 'v20.20.2', path: '/usr/bin/node' },
    cgroup: 'v1',
    os: 'Linux',
  },
  seenAt: '2026-11-21T12:00:00.000Z',
};
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-remembered-'));
});

afterEach(() => rmSync(home, { recursive: true }));

it('is read as it was written', async () => {
  await rememberHost(home, 'ssh:alpha', host);
  expect(recallHost(home, 'ssh:alpha')).toEqual(host);
  const { libcVersion, node, ...facts } = host.facts;
  await rememberHost(home, 'ssh:alpha', { ...host, facts });
  expect(recallHost(home, 'ssh:alpha')).toEqual({ ...host, facts });
});

it('is nothing where nothing was written', () => {
  expect(recallHost(home, 'ssh:alpha')).toBeUndefined();
});

it.each([
  ['no JSON', '{"formatVersion": 1,'],
  ['no object', 'null'],
  ['another format', JSON.stringify({ ...host, formatVersion: 2 })],
  ['a path that is none', JSON.stringify({ ...host, socketPath: 7 })],
  ['no facts', JSON.stringify({ ...host, facts: null })],
  ['a number that is none', JSON.stringify({ ...host, facts: { ...host.facts, cpus: '2' } })],
  ['an unknown libc', JSON.stringify({ ...host, facts: { ...host.facts, libc: 'newlib' } })],
  ['half a Node', JSON.stringify({ ...host, facts: { ...host.facts, node: { version: 'v20.20.2' } } })],
])('is nothing where the file has %s', (_, text) => {
  mkdirSync(join(home, 'machines'));
  writeFileSync(join(home, 'machines', 'ssh%3Aalpha.json'), text);
  expect(recallHost(home, 'ssh:alpha')).toBeUndefined();
});
