import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { treeMemoryBytes, treeOf } from './tree-memory.js';

const mebibyte = 2 ** 20;

test('a tree is its root and everything below it, and nothing beside it', () => {
  const parents = new Map([
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 1],
    [6, 4],
  ]);
  expect(treeOf(2, parents).sort()).toEqual([2, 3, 4, 6]);
});

test.runIf(process.platform === 'linux')('counts the memory of a grandchild', async () => {
  const grandchild = `const held = Buffer.alloc(200 * ${mebibyte}, 1); console.log('holds'); process.stdin.resume(); globalThis.held = held;`;
  const child = spawn('sh', ['-c', `node -e "${grandchild}"; true`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    const bytes = treeMemoryBytes(child.pid!);
    expect(bytes).toBeGreaterThan(200 * mebibyte);
    expect(bytes).toBeLessThan(300 * mebibyte);
  } finally {
    child.stdin.end();
    await exited;
  }
});
