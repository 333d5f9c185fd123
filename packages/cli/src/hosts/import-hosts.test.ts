import type { SshFiles } from '@megalith/standalone';
import { describe, expect, it } from 'vitest';
import { importable } from './import-hosts.js';

const fingerprint = `SHA256:${'e'.repeat(43)}`;

/** @param jumps each name of the config with the host to go through */
function sshFiles(jumps: Readonly<Record<string, string | undefined>>, unknown: readonly string[] = []): SshFiles {
  return {
    settings: alias => ({
      hostName: `${alias}.example.org`,
      port: 22,
      user: 'megan',
      identityFiles: ['/no/such/key'],
      jumps: jumps[alias] === undefined ? [] : [{ host: jumps[alias] }],
      warnings: [],
    }),
    aliases: () => Object.keys(jumps),
    known: host => ({
      keys: unknown.some(name => host.startsWith(`${name}.`)) ? [] : [{ type: 'ssh-ed25519', fingerprint }],
      revoked: [],
      hasAuthority: false,
    }),
  };
}

const entry = (name: string) => ({ name, address: name, user: 'u', hostKeys: [] });

describe('what can be imported', () => {
  it('is what has a known key and is not there yet', () => {
    const files = sshFiles({ alpha: undefined, beta: undefined, gamma: undefined }, ['gamma']);
    const { hosts, skipped } = importable([], files, [entry('beta')]);
    expect(hosts).toEqual([{ name: 'alpha', address: 'alpha.example.org', user: 'megan', hostKeys: [fingerprint] }]);
    expect(skipped.map(each => each.name)).toEqual(['beta', 'gamma']);
  });

  it('has its jump host in the inventory, or with it', () => {
    const jumps = { far: 'middle', middle: 'door', door: undefined, other: 'kept', lost: 'nowhere', behind: 'lost' };
    const { hosts, skipped } = importable([], sshFiles(jumps), [entry('kept')]);
    expect(hosts.map(host => [host.name, host.jump])).toEqual([
      ['far', 'middle'],
      ['middle', 'door'],
      ['door', undefined],
      ['other', 'kept'],
    ]);
    expect(skipped.map(each => each.name)).toEqual(['lost', 'behind']);
  });

  it('may be named though only known_hosts has it', () => {
    expect(importable(['solo', 'x*'], sshFiles({}), []).hosts.map(host => host.name)).toEqual(['solo']);
  });
});
