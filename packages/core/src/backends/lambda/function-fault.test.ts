import { expect, it } from 'vitest';
import { classifyFault, type FaultFacts } from './function-fault.js';
import { readReport } from './report-line.js';
import { reportLine } from './testing/fake-lambda.js';

const facts: FaultFacts = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'RequestId: 6f0a Error: Runtime exited with error: signal: killed',
  logTail: reportLine(1769),
  memoryMib: 1769,
  timeoutMs: 900_000,
};

function failureOf(some: Partial<FaultFacts>) {
  const fault = classifyFault({ ...facts, ...some });
  if (fault.of === 'function') throw fault.error;
  return fault.failure;
}

it('takes a kill at the limit for a lack of memory, and says how much there was', () => {
  expect(failureOf({})).toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: 'the function was killed because it reached its memory of 1.7GiB',
    details: { peakMemoryBytes: 1769 * 2 ** 20 },
  });
  expect(failureOf({ errorType: 'Runtime.OutOfMemory', logTail: '' }).code).toBe('OUT_OF_MEMORY');
});

it('takes a kill far below the limit for a crash', () => {
  expect(failureOf({ logTail: reportLine(80) })).toMatchObject({ code: 'CRASHED', signal: 'SIGKILL' });
});

it.each([
  ['Error: Runtime exited with error: exit status 3', { code: 'CRASHED', exitCode: 3 }],
  ['Error: Runtime exited with error: signal: segmentation fault (core dumped)', { signal: 'SIGSEGV' }],
  ['Error: Runtime exited with error: signal: aborted', { signal: 'SIGABRT' }],
  ['Error: Runtime exited without providing a reason', { code: 'CRASHED' }],
])('reads "%s"', (errorMessage, expected) => {
  expect(failureOf({ errorMessage })).toMatchObject(expected);
});

it.each([
  ['Sandbox.Timedout', 'RequestId: 6f0a Error: Task timed out after 900.00 seconds'],
  ['Unknown', '2026-11-21T10:00:00.000Z 6f0a Task timed out after 3.00 seconds'],
])('knows a time limit, as %s too', (errorType, errorMessage) => {
  expect(failureOf({ errorType, errorMessage }).code).toBe('TIMED_OUT');
});

it('ends the job where the function cannot begin', () => {
  const fault = classifyFault({ ...facts, errorType: 'Runtime.ImportModuleError', errorMessage: 'Cannot find module' });
  expect(fault).toMatchObject({ of: 'function', error: { code: 'CLOUD_FAILED' } });
});

it('keeps what the function wrote, without the lines of the platform', () => {
  const logTail = `START RequestId: 6f0a Version: $LATEST\nfatal: no more\nEND RequestId: 6f0a\n${reportLine(80)}`;
  expect(failureOf({ logTail }).stderrTail).toBe('fatal: no more');
});

it('reads the report of a call', () => {
  const line =
    'REPORT RequestId: 6f0a\tDuration: 12.34 ms\tBilled Duration: 163 ms\tMemory Size: 512 MB\tMax Memory Used: 65 MB\tInit Duration: 150.12 ms\t\n';
  expect(readReport(`x\n${line}`)).toEqual({
    durationMs: 12.34,
    billedMs: 163,
    memoryMib: 512,
    peakMemoryMib: 65,
    initMs: 150.12,
  });
  expect(readReport('REPORT RequestId: of another form')).toBeUndefined();
});
