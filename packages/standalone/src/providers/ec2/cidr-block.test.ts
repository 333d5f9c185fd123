import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCidrBlock } from './cidr-block.js';

describe('a CIDR block', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7/32'],
    ['100.68.0.18/18', '100.68.0.0/18'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['2001:DB8:0:0:1::7', '2001:db8::1:0:0:7/128'],
    ['2001:db8::ffff/64', '2001:db8::/64'],
    ['::ffff:1.2.3.4/128', '::ffff:102:304/128'],
    ['1::/0', '::/0'],
  ])('%s is written as %s', (text, written) => {
    expect(parseCidrBlock(text)?.text).toBe(written);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/8/8',
    '::/129',
    'fe80::1%eth0',
    ' 1.2.3.4',
    '<html>',
  ])('"%s" is none', text => {
    expect(parseCidrBlock(text)).toBeUndefined();
  });

  test('holds the address that it was made from, stays as it is when read again, and knows when it is everywhere', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.nat(32));
    const v6 = fc.tuple(fc.ipV6(), fc.nat(128));
    fc.assert(
      fc.property(fc.oneof(v4, v6), ([address, length]) => {
        const block = parseCidrBlock(`${address}/${length}`)!;
        const name = block.family === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        const [base, prefix] = block.text.split('/');
        list.addSubnet(base!, Number(prefix), name);
        expect(list.check(address, name)).toBe(true);
        expect(prefix).toBe(String(length));
        expect(parseCidrBlock(block.text)).toEqual(block);
        expect(block.isEverywhere).toBe(length === 0);
      }),
    );
  });
});
