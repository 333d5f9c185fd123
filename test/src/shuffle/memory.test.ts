import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../conformance/scratch.js';
import { openLocal } from '../faults/open-local.js';

const mib = 2 ** 20;
/** What a task may take, and what a process takes without any: the job host ends one that takes more. */
const limitBytes = 16 * mib;
const overheadBytes = 96 * mib;
const dataBytes = 4 * limitBytes + overheadBytes;

/** Highest memory of any task. */
function peakOf(job: Job<unknown>): number {
  let peak = 0;
  for (let index = 0; index < job.counts.total; index++) {
    peak = Math.max(peak, job.future(index).stats?.peakMemoryBytes ?? 0);
  }
  return peak;
}

describe('a shuffle of more than its tasks may hold', () => {
  test('sorts within the limit of each', async () => {
    const folder = scratchFolder();
    const file = join(folder, 'in');
    const fd = openSync(file, 'w');
    let state = 1;
    const chunk = Buffer.alloc(mib, 'x');
    for (let written = 0; written < dataBytes; written += chunk.length) {
      for (let i = 0; i < chunk.length; i += 128) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        chunk.writeUInt32BE((state & 0x3f3f3f3f) | 0x40404040, i);
        chunk[i + 127] = 0x0a;
      }
      writeSync(fd, chunk);
    }
    closeSync(fd);
    await using executor = openLocal(join(folder, 'home'));
    const sorting = executor.sort(file, { output: join(folder, 'out'), memory: limitBytes });
    expect(await sorting).toMatchObject({ bytes: statSync(file).size, lines: dataBytes / 128 });
    expect(peakOf(sorting.job)).toBeLessThan(limitBytes + overheadBytes);
    expect(peakOf(sorting.reduceJob)).toBeLessThan(limitBytes + overheadBytes);
  }, 60_000);

  test('streams the values of a key that has nearly all of them', async () => {
    await using executor = openLocal();
    const giant = function* (count: number): Generator<[string, Uint8Array]> {
      for (let i = 0; i < count; i++) yield [i === 7 ? 'small' : 'giant', new Uint8Array(512 * 1024).fill(i)];
    };
    const bytes = (_: string, values: Iterable<Uint8Array>) => {
      let sum = 0;
      for (const value of values) sum += value.length;
      return sum;
    };
    const count = dataBytes / (512 * 1024);
    const grouping = executor.groupByKey(giant, [count], bytes, { memory: limitBytes });
    const { reduceJob, job } = grouping;
    const groups = new Map(await grouping);
    expect(groups.get('giant')).toBe(dataBytes - 512 * 1024);
    expect(peakOf(job)).toBeLessThan(limitBytes + overheadBytes);
    expect(peakOf(reduceJob)).toBeLessThan(limitBytes + overheadBytes);
  }, 60_000);
});
