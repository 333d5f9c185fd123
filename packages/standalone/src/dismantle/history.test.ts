import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AgentReport } from '../pool/agent-report.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import { type ClockReading, hasJumped } from './clock-jump.js';
import { type Mark, mergeMarks } from './marks.js';
import { answer, anyIntent, hourMs, machineOf, minuteMs, situationOf, skewMs, start } from './situation.fixture.js';
import { judge } from './verdict.js';

const states = ['running', 'running', 'running', 'running', 'stopped', 'pending'] as const;

const step = fc.record({
  /** Time that really passes before the sweep. */
  elapsedMs: fc.integer({ min: 1, max: 3 * minuteMs }),
  /** By so much somebody sets the clock then. */
  jumpMs: fc.constantFrom(0, 0, 0, 0, 2 * hourMs, 20 * minuteMs, -2 * hourMs, -minuteMs),
  state: fc.constantFrom(...states),
  isListed: fc.constantFrom(true, true, true, false),
  isComplete: fc.constantFrom(true, true, true, false),
  report: fc.constantFrom('unreachable', 'unreachable', 'unreachable', 'absent', 'unknown', 'busy', 'idle', 'none'),
  isImpaired: fc.boolean(),
  starts: fc.constantFrom(false, false, false, false, true),
  intents: fc.array(anyIntent, { maxLength: 1 }),
});

it('over weeks of sweeps and clocks that are set, a kill comes no sooner than the delay after the same machine was marked', () => {
  const kills = { count: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), steps => {
      let wallMs = start;
      let uptimeMs = 0;
      let clock: ClockReading | undefined;
      let launchedAt = start - 3 * hourMs;
      let marks: ReadonlyMap<string, Mark> = new Map();
      /** When, in time that really passed, this start of the machine was marked first without a break. */
      let markedAtMs: number | undefined;
      for (const { elapsedMs, jumpMs, state, isListed, isComplete, report, isImpaired, starts, intents } of steps) {
        wallMs += elapsedMs + jumpMs;
        uptimeMs += elapsedMs;
        if (starts) {
          launchedAt += 1;
          markedAtMs = undefined;
        }
        const machine: CloudMachine = machineOf({ state, launchedAt, tags: { expiresAt: start + 10_000 * hourMs } });
        const reading = { host: 'laptop', wallMs, uptimeMs };
        const isClockSuspect = hasJumped(clock, reading, skewMs);
        const seen = { cloud: isListed ? [machine] : [], isComplete, isClockSuspect };
        const verdicts = judge(
          situationOf({
            ...seen,
            intents,
            reports: reportsAt(report, wallMs),
            impaired: new Set(isImpaired ? ['i-1'] : []),
            marks,
            now: wallMs,
          }),
        );
        clock = reading;
        marks = mergeMarks(marks, verdicts, seen, wallMs);
        const verdict = verdicts.find(each => 'machine' in each);
        if (verdict?.action === 'terminate') {
          kills.count += 1;
          expect(uptimeMs - markedAtMs!).toBeGreaterThanOrEqual(situationOf().rules.delayMs);
          expect(report).not.toBe('busy');
          return;
        }
        if (verdict?.action === 'mark') markedAtMs = uptimeMs;
        if (verdict?.action === 'unmark') markedAtMs = undefined;
      }
    }),
    { numRuns: 20_000 },
  );
  // Or the histories are too tame to show anything.
  expect(kills.count).toBeGreaterThan(100);
});

function reportsAt(kind: string, at: number): ReadonlyMap<string, AgentReport> {
  if (kind === 'none') return new Map();
  if (kind === 'busy') return new Map([['i-1', answer({ at, jobs: 1 })]]);
  if (kind === 'idle') return new Map([['i-1', answer({ at, idleForMs: hourMs })]]);
  return new Map([['i-1', { state: kind as 'unreachable', at }]]);
}
