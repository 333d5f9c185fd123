import { describe, expect, it } from 'vitest';
import { commandExitCode, jobExitCode, signalNumber } from './exit-code.js';

describe('commandExitCode', () => {
  it.each([
    [{ code: 'EXITED', exitCode: 3 } as const, 3],
    [{ code: 'EXITED', exitCode: 255 } as const, 255],
    [{ code: 'CRASHED', signal: 'SIGSEGV' } as const, 139],
    [{ code: 'CRASHED', signal: 'SIGKILL' } as const, 137],
    [{ code: 'OUT_OF_MEMORY', signal: 'SIGKILL' } as const, 7],
    [{ code: 'TIMED_OUT', signal: 'SIGTERM' } as const, 7],
    [{ code: 'CANCELLED', signal: 'SIGTERM' } as const, 130],
    [{ code: 'CRASHED' } as const, 1],
  ])('of %o is %d', (failure, expected) => {
    expect(commandExitCode(failure)).toBe(expected);
  });
});

describe('jobExitCode', () => {
  it.each([
    [{ failed: 0, lost: 0, cancelled: false }, 0],
    [{ failed: 2, lost: 0, cancelled: false }, 1],
    [{ failed: 2, lost: 1, cancelled: false }, 7],
    [{ failed: 2, lost: 1, cancelled: true }, 130],
  ])('of %o is %d', (ends, expected) => {
    expect(jobExitCode(ends)).toBe(expected);
  });
});

it('knows signals by name', () => {
  expect([signalNumber('SIGTERM'), signalNumber('SIGNOT'), signalNumber(undefined)]).toEqual([15, 0, 0]);
});
