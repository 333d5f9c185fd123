import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ClaimLock } from './claim-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-claim-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const dead = { host: hostname(), process: { pid: 2 ** 22 + 1, startTicks: 1 } };
const claim = (number: number, holder: unknown) =>
  symlinkSync(holder === 'free' ? 'free' : JSON.stringify(holder), join(folder, String(number)));

it('is held by one at a time, and free once released', () => {
  const [one, other] = [new ClaimLock(folder), new ClaimLock(folder)];
  const held = one.tryTake();
  expect(held).toBeDefined();
  expect(other.tryTake()).toBeUndefined();
  held!.release();
  expect(other.tryTake()).toBeDefined();
});

it('is taken over from a process that died with it', () => {
  claim(1, dead);
  expect(new ClaimLock(folder).tryTake()).toBeDefined();
});

it('is left to another computer, until it has been quiet for long', () => {
  claim(1, { ...dead, host: 'elsewhere' });
  expect(new ClaimLock(folder).tryTake()).toBeUndefined();
});

it('is not taken by who saw an older claim, however long ago', () => {
  // What is left of claims that were removed meanwhile: only the newest tells.
  claim(7, dead);
  claim(90, { host: 'elsewhere', process: undefined });
  expect(new ClaimLock(folder).tryTake()).toBeUndefined();
});

it('keeps a few claims, and their numbers only rise', () => {
  const lock = new ClaimLock(folder);
  const highest: number[] = [];
  for (let round = 0; round < 50; round++) {
    lock.tryTake()!.release();
    highest.push(Math.max(...readdirSync(folder).map(Number)));
  }
  expect(highest).toEqual(highest.toSorted((a, b) => a - b));
  expect(new Set(highest).size).toBe(50);
  expect(readdirSync(folder).length).toBeLessThan(12);
});
