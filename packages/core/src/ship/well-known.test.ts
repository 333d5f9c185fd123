import { expect, it } from 'vitest';
import { standardGlobals, wellKnownExpression } from './well-known.js';

it('writes built-ins as expressions that give them', () => {
  const values = [
    Math.max,
    Math,
    Object.defineProperty,
    Array.prototype.slice,
    process,
    Buffer.from,
    globalThis,
    Symbol.iterator,
    Symbol.for('a"b'),
  ];
  for (const value of values) {
    expect(new Function(`return ${wellKnownExpression(value)}`)()).toBe(value);
  }
});

it('knows nothing of values that are not built in', () => {
  for (const value of [{}, () => 1, Symbol('own'), 'text', null]) expect(wellKnownExpression(value)).toBeUndefined();
});

it('names globals that a bare Node has, and only those', () => {
  for (const name of ['Array', 'undefined', 'process', 'fetch', 'structuredClone'])
    expect(standardGlobals()).toContain(name);
  Object.assign(globalThis, { addedByTest: 1 });
  expect(standardGlobals()).not.toContain('addedByTest');
});
