import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeOfDeath, type DeathFacts } from './cause-of-death.js';

const base: DeathFacts = { exitCode: null, signal: null, stderrTail: '', oomKills: 0, what: 'the command' };
const cause = (facts: Partial<DeathFacts>) => causeOfDeath({ ...base, ...facts });

const signals = Object.keys(constants.signals) as NodeJS.Signals[];
const facts: fc.Arbitrary<DeathFacts> = fc
  .record({
    end: fc.oneof(
      fc.integer({ min: 0, max: 255 }).map(exitCode => ({ exitCode, signal: null })),
      fc.constantFrom(...signals).map(signal => ({ exitCode: null, signal })),
    ),
    stderrTail: fc.constantFrom('', 'segfault', 'FATAL ERROR: Reached heap limit', 'ERR_WORKER_OUT_OF_MEMORY'),
    oomKills: fc.nat(2),
    ownCgroup: fc.boolean(),
    killedByUs: fc.constantFrom(undefined, 'timeout', 'cancel', 'memory'),
    memoryLimitBytes: fc.option(fc.integer({ min: 1, max: 2 ** 50 }), { nil: undefined }),
    peakMemoryBytes: fc.option(fc.integer({ min: 1, max: 2 ** 50 }), { nil: undefined }),
    what: fc.constantFrom('the command', 'the worker'),
  })
  .map(({ end, killedByUs, memoryLimitBytes, peakMemoryBytes, ...rest }) => ({
    ...end,
    ...rest,
    ...(killedByUs && { killedByUs }),
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
  }));

describe('the cause of death', () => {
  it.each<[string, Partial<DeathFacts>, string]>([
    ['a full V8 heap', { signal: 'SIGABRT', stderrTail: 'Reached heap limit Allocation failed' }, 'OUT_OF_MEMORY'],
    ['a full V8 heap behind a shell', { exitCode: 134, stderrTail: 'JavaScript heap out of memory' }, 'OUT_OF_MEMORY'],
    ['a full heap of C++', { signal: 'SIGABRT', stderrTail: "instance of 'std::bad_alloc'" }, 'OUT_OF_MEMORY'],
    ['a full heap of a worker thread', { exitCode: 1, stderrTail: '[ERR_WORKER_OUT_OF_MEMORY]' }, 'OUT_OF_MEMORY'],
    ['an abort for another reason', { signal: 'SIGABRT', stderrTail: 'assertion failed' }, 'CRASHED'],
    ['talk of a full heap before a plain exit', { exitCode: 2, stderrTail: 'heap out of memory' }, 'EXITED'],
    ['a kill by the kernel', { signal: 'SIGKILL', oomKills: 1 }, 'OUT_OF_MEMORY'],
    ['a kill by the kernel behind a shell', { exitCode: 137, oomKills: 1 }, 'OUT_OF_MEMORY'],
    [
      'a child killed by the kernel in a cgroup of its own',
      { exitCode: 1, oomKills: 1, ownCgroup: true },
      'OUT_OF_MEMORY',
    ],
    ['a plain exit while the kernel killed someone', { exitCode: 1, oomKills: 1 }, 'EXITED'],
    ['a kill by someone else', { signal: 'SIGKILL' }, 'CRASHED'],
    ['a segmentation fault', { signal: 'SIGSEGV', oomKills: 1 }, 'CRASHED'],
    ['a segmentation fault behind a shell', { exitCode: 139 }, 'CRASHED'],
    ['an exit', { exitCode: 3 }, 'EXITED'],
    ['an exit above the signals', { exitCode: 255 }, 'EXITED'],
    ['a worker that exits', { exitCode: 3, what: 'the worker' }, 'CRASHED'],
    ['a worker that exits with 0', { exitCode: 0, what: 'the worker' }, 'CRASHED'],
    ['our time limit', { signal: 'SIGKILL', oomKills: 1, killedByUs: 'timeout', timeoutMs: 5 }, 'TIMED_OUT'],
    ['a cancellation', { exitCode: 0, killedByUs: 'cancel' }, 'CANCELLED'],
    ['our memory watch', { signal: 'SIGKILL', killedByUs: 'memory' }, 'OUT_OF_MEMORY'],
  ])('of %s is named', (_, given, code) => {
    expect(cause(given).code).toBe(code);
  });

  it('names the signal and what it means', () => {
    const failure = cause({ exitCode: 139 });
    expect(failure).toMatchObject({ signal: 'SIGSEGV', exitCode: 139 });
    expect(failure.message).toBe('the command was ended by SIGSEGV (segmentation fault)');
  });

  it('says how much memory to ask for', () => {
    const seen = {
      signal: 'SIGKILL',
      oomKills: 1,
      memoryLimitBytes: 4 * 2 ** 30,
      peakMemoryBytes: 4 * 2 ** 30,
    } as const;
    expect(cause(seen).hint).toBe('ask for --memory 6GiB');
    expect(cause({ signal: 'SIGKILL', oomKills: 1 }).hint).toBe('ask for more with --memory');
  });

  it('keeps every trace, blames memory only on evidence and us only for what we did', () => {
    fc.assert(
      fc.property(facts, facts => {
        const failure = causeOfDeath(facts);
        expect(failure.exitCode ?? null).toBe(facts.exitCode);
        expect(failure.stderrTail ?? '').toBe(facts.stderrTail);
        if (facts.signal) expect(failure.signal).toBe(facts.signal);
        if (failure.code === 'EXITED') expect([facts.what, facts.signal]).toEqual(['the command', null]);
        if (failure.code === 'OUT_OF_MEMORY') {
          const evidence =
            facts.oomKills > 0 || /heap|OUT_OF_MEMORY/.test(facts.stderrTail) || facts.killedByUs === 'memory';
          expect(evidence).toBe(true);
        }
        expect(failure.code === 'TIMED_OUT').toBe(facts.killedByUs === 'timeout');
        expect(failure.code === 'CANCELLED').toBe(facts.killedByUs === 'cancel');
        expect(failure.message).toMatch(/^the (command|worker) \S/);
        expect(`${failure.message} ${failure.hint}`).not.toMatch(/NaN|Infinity/);
      }),
    );
  });
});
