import type { FunctionOptions, Isolation, MegalithError } from '@megalith/core';
import type { Deed } from './bad-tasks.js';

type Code = MegalithError['code'];

/** One deed, and the end that it must come to. */
export interface FailingDeed {
  readonly deed: Deed;
  readonly code: Code;
  /** In the message or in the details. */
  readonly says?: RegExp;
  readonly options?: FunctionOptions;
  /** Where threads differ: what they give instead, or `undefined` where the case is not theirs. */
  readonly threads?: { readonly code: Code; readonly says?: RegExp } | undefined;
}

const limited: FunctionOptions = { memory: '256MiB' };
const hasty: FunctionOptions = { timeout: 1_000, grace: 200 };
/** Aborts only exist for whole processes: in a thread the call throws. */
const notInThreads = { code: 'THREW' } as const;

const cases: readonly FailingDeed[] = [
  { deed: 'fillHeap', code: 'OUT_OF_MEMORY', says: /memory/i, options: limited, threads: { code: 'OUT_OF_MEMORY' } },
  { deed: 'fillBuffers', code: 'OUT_OF_MEMORY', says: /256 ?MiB/i, options: limited, threads: undefined },
  { deed: 'fillBuffersAtOnce', code: 'OUT_OF_MEMORY', says: /256 ?MiB/i, options: limited, threads: undefined },
  { deed: 'exit3', code: 'CRASHED', says: /code 3/, threads: { code: 'CRASHED', says: /code 3/ } },
  { deed: 'exit0', code: 'CRASHED', says: /code 0/, threads: { code: 'CRASHED', says: /code 0/ } },
  { deed: 'segfault', code: 'CRASHED', says: /SIGSEGV/, threads: { code: 'CRASHED', says: /SIGSEGV/ } },
  { deed: 'abort', code: 'CRASHED', says: /SIGABRT/, threads: notInThreads },
  { deed: 'loop', code: 'TIMED_OUT', says: /1 ?s|1,?000 ?ms/, options: hasty, threads: { code: 'TIMED_OUT' } },
  { deed: 'neverSettle', code: 'TIMED_OUT', says: /1 ?s|1,?000 ?ms/, options: hasty, threads: { code: 'TIMED_OUT' } },
  { deed: 'ignoreSigterm', code: 'TIMED_OUT', options: hasty, threads: { code: 'TIMED_OUT' } },
  { deed: 'throwText', code: 'THREW', says: /only text/, threads: { code: 'THREW', says: /only text/ } },
  { deed: 'throwUndefined', code: 'THREW', says: /undefined/, threads: { code: 'THREW' } },
  { deed: 'throwNull', code: 'THREW', says: /null/, threads: { code: 'THREW' } },
  { deed: 'throwFrozen', code: 'THREW', says: /frozen error/, threads: { code: 'THREW', says: /frozen error/ } },
  { deed: 'throwTrap', code: 'THREW', says: /trapped error/, threads: { code: 'THREW', says: /trapped error/ } },
  { deed: 'throwMessageTrap', code: 'THREW', threads: { code: 'THREW' } },
  {
    deed: 'throwUnserializable',
    code: 'THREW',
    says: /with a function/,
    threads: { code: 'THREW', says: /with a function/ },
  },
  { deed: 'throwCycle', code: 'THREW', says: /its own cause/, threads: { code: 'THREW', says: /its own cause/ } },
  { deed: 'rejectText', code: 'THREW', says: /only text/, threads: { code: 'THREW', says: /only text/ } },
  { deed: 'returnThrowingThenable', code: 'THREW', says: /thenable/, threads: { code: 'THREW', says: /thenable/ } },
  { deed: 'returnFunction', code: 'NOT_SERIALIZABLE', says: /function/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnSymbol', code: 'NOT_SERIALIZABLE', says: /symbol/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnInstance', code: 'NOT_SERIALIZABLE', says: /Account/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnSocket', code: 'NOT_SERIALIZABLE', says: /Socket/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnProxy', code: 'NOT_SERIALIZABLE', threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnTrap', code: 'NOT_SERIALIZABLE', says: /trap|value/, threads: { code: 'NOT_SERIALIZABLE' } },
  {
    deed: 'rejectUnseen',
    code: 'CRASHED',
    says: /nobody waits for this/,
    threads: { code: 'CRASHED', says: /nobody waits for this/ },
  },
  { deed: 'disconnectAll', code: 'CRASHED', threads: undefined },
];

/** The cases of one kind of slot. */
export function failingDeeds(isolation: Isolation): FailingDeed[] {
  return cases.flatMap(({ threads, ...one }): FailingDeed[] => {
    if (isolation === 'process') return [one];
    return threads === undefined ? [] : [{ deed: one.deed, ...(one.options && { options: one.options }), ...threads }];
  });
}

/** True where the worker lives on: such deeds can share an executor. */
export function isGentle({ code }: FailingDeed): boolean {
  return code === 'THREW' || code === 'NOT_SERIALIZABLE';
}
