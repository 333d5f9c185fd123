import { expect, test } from 'vitest';
import { codeHashOf } from './code-hash.js';

const command = (argv: readonly string[]) => codeHashOf({ kind: 'command', argv, stdin: 'ignore' });

test('a function is known by its text, whatever it captured', () => {
  const bundle = { hash: 'f'.repeat(64), code: '', captured: new Uint8Array() };
  expect(codeHashOf({ kind: 'function', bundle, isolation: 'process', shared: [] })).toBe('f'.repeat(64));
});

test('a command is known by its words', () => {
  expect(command(['blast', '{}'])).toMatch(/^[0-9a-f]{64}$/);
  expect(command(['blast', '{}'])).toBe(command(['blast', '{}']));
  const others = [['blast {}'], ['blast', '{}', ''], ['blast', '-x', '{}']].map(command);
  const shell = codeHashOf({ kind: 'command', shell: 'blast {}', stdin: 'ignore' });
  expect(new Set([command(['blast', '{}']), ...others, shell]).size).toBe(5);
});
