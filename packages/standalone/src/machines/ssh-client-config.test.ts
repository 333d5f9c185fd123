import { expect, it } from 'vitest';
import { knownHostsText, type SshClientHop, sshClientConfig } from './ssh-client-config.js';

const hop = (alias: string, more: Partial<SshClientHop> = {}): SshClientHop => ({
  alias,
  address: '10.0.0.1',
  port: 2222,
  user: 'me',
  identityFile: undefined,
  key: { type: 'ssh-ed25519', raw: Buffer.from('key') },
  ...more,
});

it('tells the client each hop with the keys that count, and the way to the first through the next', () => {
  const text = sshClientConfig([hop('a', { identityFile: '/keys/100%' }), hop('b'), hop('c')], '/tmp/known');
  const [a, b, c] = text.split(/^Host /m).slice(1);
  expect(a).toContain('ProxyJump b\n');
  expect(a).toContain('IdentityFile "/keys/100%%"\n');
  expect(b).toContain('ProxyJump c\n');
  expect(c).not.toContain('ProxyJump');
  for (const part of [a, b, c]) {
    expect(part).toContain('StrictHostKeyChecking yes\n');
    expect(part).toContain('UserKnownHostsFile "/tmp/known"\n');
    expect(part).toContain('GlobalKnownHostsFile none\n');
  }
  expect(knownHostsText([hop('a'), hop('b')])).toBe('a ssh-ed25519 a2V5\nb ssh-ed25519 a2V5\n');
});

it.each(['a\nProxyCommand x', 'a" b', '$' + '{HOME}/key'])(
  'refuses the value %j, which would say more than it is',
  value => {
    expect(() => sshClientConfig([hop('a', { identityFile: value })], '/tmp/known')).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    );
  },
);
