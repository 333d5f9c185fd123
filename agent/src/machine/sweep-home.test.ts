import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sweepHome } from './sweep-home.js';

const day = 24 * 3600 * 1000;
const now = Date.now();
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-sweep-'));
  for (const name of ['own', 'old', 'young']) mkdirSync(join(home, 'agents', name), { recursive: true });
  mkdirSync(join(home, 'bundles'));
  for (const name of ['old.mjs', 'young.mjs']) writeFileSync(join(home, 'bundles', name), '');
  for (const name of ['agents/own', 'agents/old', 'bundles/old.mjs']) age(name, 8 * day);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function age(name: string, ms: number): void {
  utimesSync(join(home, name), new Date(now - ms), new Date(now - ms));
}

test('removes old agents that do not run and old code, and nothing else', async () => {
  await sweepHome(home, 'own', 7 * day, now);
  expect(readdirSync(join(home, 'agents')).sort()).toEqual(['own', 'young']);
  expect(readdirSync(join(home, 'bundles'))).toEqual(['young.mjs']);
});

test('leaves an agent that runs, and the code that it may be using', async () => {
  const server = createServer().listen(join(home, 'agents/old/socket'));
  try {
    age('agents/old', 8 * day);
    await sweepHome(home, 'own', 7 * day, now);
  } finally {
    server.close();
  }
  expect(readdirSync(join(home, 'agents')).sort()).toEqual(['old', 'own', 'young']);
  expect(readdirSync(join(home, 'bundles')).sort()).toEqual(['old.mjs', 'young.mjs']);
});

test('has nothing to do where no function was ever shipped', async () => {
  rmSync(join(home, 'bundles'), { recursive: true });
  await expect(sweepHome(home, 'own', 7 * day, now)).resolves.toBeUndefined();
});
