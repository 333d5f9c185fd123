import type { TaskStats } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { executorOf, type Place } from './place.js';
import { double, identity } from './tasks/arithmetic.js';
import { burnCpu, holdMemory, rest } from './tasks/load.js';

const mib = 1024 * 1024;

/** Figures of a task: Lithops reports the host's CPU since boot and the parent's memory; here each is true of the task alone. */
export function stats(place: Place): void {
  describe('the figures of a task', () => {
    const executor = executorOf(place);

    test('have times in the order in which things happen', async () => {
      const before = Date.now();
      const future = executor().callAsync(rest, 50);
      expect(future.stats).toBe(undefined);
      await future;
      const { submittedAt, startedAt, endedAt, receivedAt, workerStartedAt, execMs } = future.stats!;
      expect(submittedAt).toBeGreaterThanOrEqual(before - 1);
      expect(startedAt).toBeGreaterThanOrEqual(submittedAt - 1);
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      expect(receivedAt).toBeGreaterThanOrEqual(endedAt - 1);
      expect(workerStartedAt).toBeLessThanOrEqual(startedAt);
      expect(receivedAt).toBeLessThanOrEqual(Date.now() + 1);
      expect(execMs).toBeCloseTo(endedAt - startedAt, 3);
      expect(execMs).toBeGreaterThanOrEqual(45);
    });

    test('tell a busy task from one that only waits', async () => {
      const busy = executor().callAsync(burnCpu, 300);
      await busy;
      const idle = executor().callAsync(rest, 300);
      await idle;
      const cpuOf = ({ cpuUserMs, cpuSystemMs }: { cpuUserMs?: number; cpuSystemMs?: number }) =>
        cpuUserMs! + cpuSystemMs!;
      expect(cpuOf(busy.stats!)).toBeGreaterThanOrEqual(200);
      expect(cpuOf(idle.stats!)).toBeLessThan(150);
    });

    test('give the peak memory of the task that took it, and not of the next in its slot', async () => {
      const job = executor().map(holdMemory, [8 * mib, 300 * mib, 8 * mib, 8 * mib, 8 * mib]);
      await job;
      const peaks = [...job].map(({ stats }) => stats!.peakMemoryBytes!);
      expect(peaks[1]).toBeGreaterThan(300 * mib);
      for (const peak of [peaks[0]!, ...peaks.slice(2)]) {
        expect(peak).toBeGreaterThan(8 * mib);
        expect(peak).toBeLessThan(250 * mib);
      }
    });

    test('say which attempt, which slot and which machine', async () => {
      const job = executor().map(double, [1, 2, 3]);
      await job;
      for (const { stats } of job) {
        expect(stats!.attempt).toBe(1);
        expect(stats!.machine.length).toBeGreaterThan(0);
        expect(Number.isInteger(stats!.slot)).toBe(true);
      }
    });

    test('call the first task of a slot, and only that, a cold start', async () => {
      const fresh = await place.open();
      try {
        const job = fresh.map(rest, new Array<number>(12).fill(5));
        await job;
        const slots = new Map<string, TaskStats[]>();
        for (const { stats } of job) {
          const slot = `${stats!.machine} ${stats!.slot}`;
          slots.set(slot, [...(slots.get(slot) ?? []), stats!]);
        }
        for (const tasks of slots.values()) {
          const [first, ...others] = tasks.toSorted((a, b) => a.startedAt - b.startedAt);
          expect(others.filter(({ coldStart }) => coldStart)).toEqual([]);
          // Where other jobs were before, a slot may be one of theirs.
          const isNew = place.capabilities.freshMachines || first!.workerStartedAt > first!.submittedAt;
          if (isNew) expect(first!.coldStart).toBe(true);
        }
      } finally {
        await fresh.close();
      }
    });

    test('count the bytes that went in and came out', async () => {
      const future = executor().callAsync(identity, new Uint8Array(mib));
      await future;
      expect(future.stats!.bytesIn).toBeGreaterThanOrEqual(mib);
      expect(future.stats!.bytesIn).toBeLessThan(1.1 * mib);
      expect(future.stats!.bytesOut).toBeGreaterThanOrEqual(mib);
      expect(future.stats!.bytesOut).toBeLessThan(1.1 * mib);
    });
  });
}
