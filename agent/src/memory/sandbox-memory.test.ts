import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { SandboxMemory, usedBytes } from './sandbox-memory.js';

const mebibyte = 2 ** 20;

it('counts the program that all processes share once', () => {
  const node = { residentBytes: 60 * mebibyte, sharedBytes: 40 * mebibyte };
  expect(usedBytes([node, node, { residentBytes: 5 * mebibyte, sharedBytes: mebibyte }])).toBe(84 * mebibyte);
});

it('sees what children take', async () => {
  const memory = new SandboxMemory(8 * 2 ** 30);
  memory.refresh();
  const before = memory.availableBytes();
  const script =
    "globalThis.held = Buffer.alloc(200 * 2 ** 20, 1); process.stdout.write('held'); process.stdin.resume()";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  memory.refresh();
  expect(before - memory.availableBytes()).toBeGreaterThan(200 * mebibyte);
  child.stdin.end();
  await once(child, 'exit');
  memory.refresh();
  expect(before - memory.availableBytes()).toBeLessThan(100 * mebibyte);
});
