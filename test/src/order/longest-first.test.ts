import { expect, test } from 'vitest';
import { rankOf } from './longest-first.js';

test('the longest files come first, pure ones last', () => {
  const files = [
    ['/r/packages/core/src/placement/plan.test.ts', 'pure'],
    ['/r/packages/core/src/config/usd.test.ts', 'whole'],
    ['/r/test/src/faults/closing.test.ts', 'whole'],
    ['/r/test/src/conformance/local.test.ts', 'whole'],
    ['/r/test/src/conformance/standalone-ec2.test.ts', 'whole'],
  ] as const;
  const ranks = files.map(([path, project]) => rankOf(path, project));
  expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
  expect(new Set(ranks).size).toBe(files.length);
});
