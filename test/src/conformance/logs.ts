import type { JobEvent } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { executorOf, type Place } from './place.js';
import { countLines, speak, speakAndThrow } from './tasks/speech.js';

type LogEvent = Extract<JobEvent, { type: 'log' }>;

/** What tasks print belongs to the task that printed it. */
export function logs(place: Place): void {
  describe('the output of a task', () => {
    const executor = executorOf(place);

    test('is kept per task and per stream, in order', async () => {
      const job = executor().map(speak, ['ann', 'bob', 'cyd']);
      await job;
      for (const [index, name] of ['ann', 'bob', 'cyd'].entries()) {
        const { stdout, stderr, truncated } = job.future(index).logs;
        expect(stdout).toBe(`${name} says one\n${name} writes two\n`);
        expect(stderr).toContain(`${name} warns\n`);
        expect(stderr).not.toContain('says');
        expect(truncated).toBe(false);
      }
    });

    test('has what `context.log` wrote', async () => {
      const future = executor().callAsync((name: string, { log }) => log('hello', name, { n: 1 }), 'ann');
      await future;
      expect(`${future.logs.stdout}${future.logs.stderr}`).toMatch(/hello ann \{ n: 1 \}\n/);
    });

    test('is there when the task fails', async () => {
      const future = executor().callAsync(speakAndThrow, 'last words');
      await future.catch(() => undefined);
      expect(future.logs.stdout).toBe('last words\n');
    });

    test('arrives as events whose byte offsets join without gap or overlap', async () => {
      const lines = 5_000;
      const events: LogEvent[] = [];
      const job = executor().map(countLines, [lines, lines], {
        onEvent: event => event.type === 'log' && events.push(event),
      });
      await job;
      for (const index of [0, 1]) {
        const mine = events.filter(event => event.index === index && event.stream === 'stdout');
        let next = 0;
        for (const { offset, bytes } of mine) {
          expect(offset).toBe(next);
          next += bytes.length;
        }
        const text = Buffer.concat(mine.map(({ bytes }) => bytes)).toString();
        expect(text).toBe(Array.from({ length: lines }, (_, i) => `${index}: line ${i} ü\n`).join(''));
      }
    });
  });
}
