import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { kernelUnits, unitsFromAuxv } from './kernel-units.js';
import { identityOf, isAlive, signalProcess } from './process-identity.js';
import { parseProcessStat } from './process-stat.js';

describe('a process identity', () => {
  it('is alive while the process lives, and no longer', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identityOf(child.pid!)!;
    expect(identity.pid).toBe(child.pid);
    expect(isAlive(identity)).toBe(true);
    expect(signalProcess(identity, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    expect(signalProcess(identity, 'SIGKILL')).toBe(false);
    expect(identityOf(child.pid!)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is not fooled by a pid that someone else has now', () => {
    const self = identityOf(process.pid)!;
    const before = { pid: self.pid, startTicks: self.startTicks! - 1 };
    expect(isAlive(before)).toBe(false);
    expect(signalProcess(before, 'SIGKILL')).toBe(false);
  });

  it('is undefined for a pid that nobody has', () => {
    expect(identityOf(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('the kernel’s line on a process', () => {
  it('is read right whatever the name of the program holds', () => {
    const rest = 'S 7 42 43 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 5 0 9000 1000000 3 18446744073709551615';
    const stat = parseProcessStat(`123 (a) R 9 (b\n) ${rest}`);
    expect(stat).toMatchObject({
      pid: 123,
      state: 'S',
      parentPid: 7,
      group: 42,
      session: 43,
      threads: 5,
      startTicks: 9000,
    });
    expect(stat!.cpuUserMs).toBe((10 + 30) * 10);
    expect(stat!.cpuSystemMs).toBe((20 + 40) * 10);
    expect(stat!.rssBytes % 4096).toBe(0);
  });

  it('is undefined for anything else', () => {
    expect(parseProcessStat('')).toBeUndefined();
    expect(parseProcessStat('1 (x) S 1')).toBeUndefined();
  });
});

describe('the units of the kernel', () => {
  it('are read from the auxiliary vector', () => {
    const auxv = Buffer.alloc(64);
    [6n, 65536n, 17n, 250n].forEach((word, index) => {
      auxv.writeBigUInt64LE(word, index * 8);
    });
    expect(unitsFromAuxv(auxv)).toEqual({ pageBytes: 65536, ticksPerSecond: 250 });
    expect(unitsFromAuxv(Buffer.alloc(0))).toBeUndefined();
    expect(kernelUnits.pageBytes % 4096).toBe(0);
  });
});
