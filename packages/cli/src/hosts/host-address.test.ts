import { describe, expect, it } from 'vitest';
import { parseHostAddress } from './host-address.js';

describe('a host on the command line', () => {
  it.each([
    ['alpha', { host: 'alpha' }],
    ['megan@10.0.0.7:2222', { user: 'megan', host: '10.0.0.7', port: 2222 }],
    ['root@[fe80::1%eth0]:22', { user: 'root', host: 'fe80::1%eth0', port: 22 }],
    ['[::1]', { host: '::1' }],
  ])('%s is understood', (text, address) => {
    expect(parseHostAddress(text)).toEqual(address);
  });

  it.each(['', '@a', 'a@', 'a:0', 'a:65536', 'a:b', '::1', 'a b', '-oProxyCommand=x', 'a@-b', 'ssh://a', 'a@b@c'])(
    '"%s" is refused',
    text => {
      expect(() => parseHostAddress(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
