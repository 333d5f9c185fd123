import { constants } from 'node:os';
import type { Failure } from '../protocol/messages.js';
import { roomierSize, sizeText } from './size-text.js';

/** All that is known of a process that ended before its task was done, or ended badly. */
export interface DeathFacts {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderrTail: string;
  /** Kills for lack of memory by the kernel that may explain this death. */
  readonly oomKills: number;
  /** True where those were counted in a cgroup of this very task. */
  readonly ownCgroup?: boolean;
  readonly killedByUs?: 'timeout' | 'cancel' | 'memory';
  /** Why we ended it, to be told to the user; for a cancellation and a lack of memory. */
  readonly reason?: string;
  readonly timeoutMs?: number;
  readonly memoryLimitBytes?: number;
  readonly peakMemoryBytes?: number;
  readonly what: 'the command' | 'the worker';
}

type SignalName = NodeJS.Signals;

/** What V8, libstdc++ and Node's worker threads say when they give up for lack of memory. */
const outOfHeap = /heap out of memory|reached heap limit|process out of memory|std::bad_alloc|fatal process OOM/i;
const outOfWorkerHeap = 'ERR_WORKER_OUT_OF_MEMORY';
/** How runtimes end themselves after such a message. */
const abortSignals: readonly SignalName[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

const meanings: Partial<Record<SignalName, string>> = {
  SIGSEGV: 'segmentation fault',
  SIGBUS: 'bus error: a bad address, or a mapped file or /dev/shm that could not grow',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trap',
  SIGFPE: 'arithmetic error, such as a division by zero',
  SIGABRT: 'it aborted itself',
  SIGSYS: 'forbidden system call',
  SIGPIPE: 'its output was closed',
  SIGXCPU: 'CPU time limit',
  SIGXFSZ: 'file size limit',
};

const signalHints: Partial<Record<SignalName, string>> = {
  SIGSEGV: 'a fault in native code: run it alone under a debugger, or look for a bad native library',
  SIGBUS: 'see whether the disk or /dev/shm is full',
  SIGILL: 'the program may be built for another processor than this one',
  SIGXCPU: 'raise `ulimit -t`',
  SIGXFSZ: 'raise `ulimit -f`',
};

/** The true cause of a process's death, told apart by the traces that each cause leaves. */
export function causeOfDeath(facts: DeathFacts): Failure {
  if (facts.killedByUs) return endedByUs(facts, facts.killedByUs);
  const signal = facts.signal ?? signalOfExitCode(facts.exitCode);
  if (signal !== undefined && abortSignals.includes(signal) && outOfHeap.test(facts.stderrTail))
    return heapLimit(facts);
  if (facts.exitCode !== 0 && facts.stderrTail.includes(outOfWorkerHeap)) return heapLimit(facts);
  // In a group of its own the kernel killed a part of this very task, whatever the rest made of it.
  if (facts.oomKills > 0 && (signal === 'SIGKILL' || facts.ownCgroup)) return kernelKill(facts);
  if (signal !== undefined) return ofSignal(facts, signal);
  return ofExit(facts);
}

/** A shell tells of a child that died of a signal as 128 and the signal's number. */
function signalOfExitCode(exitCode: number | null): SignalName | undefined {
  // From 32 on signals are the real-time ones, and such exit codes are the program's own.
  if (exitCode === null || exitCode <= 128 || exitCode >= 128 + 32) return undefined;
  const name = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
  return name as SignalName | undefined;
}

function endedByUs(facts: DeathFacts, by: 'timeout' | 'cancel' | 'memory'): Failure {
  switch (by) {
    case 'timeout': {
      const limit = facts.timeoutMs === undefined ? '' : ` of ${facts.timeoutMs} ms`;
      const message = `${facts.what} did not end within its time limit${limit}`;
      return { ...traces(facts), code: 'TIMED_OUT', message, hint: 'allow more with --time, or split the task' };
    }
    case 'cancel': {
      const message = `${facts.what} was cancelled${facts.reason ? `: ${facts.reason}` : ''}`;
      return { ...traces(facts), code: 'CANCELLED', message };
    }
    case 'memory': {
      const message = `${facts.what} ran out of memory${facts.reason ? `: ${facts.reason}` : ''}`;
      return { ...traces(facts), code: 'OUT_OF_MEMORY', message, hint: moreMemory(facts) };
    }
  }
}

function heapLimit(facts: DeathFacts): Failure {
  // It had at least what it was held to.
  const peakMemoryBytes = facts.peakMemoryBytes ?? facts.memoryLimitBytes;
  return {
    ...traces({ ...facts, ...(peakMemoryBytes !== undefined && { peakMemoryBytes }) }),
    code: 'OUT_OF_MEMORY',
    message: `${facts.what} reached the limit of its own heap and gave up`,
    hint: `${moreMemory(facts)}; a Node program of your own takes its heap from NODE_OPTIONS=--max-old-space-size`,
  };
}

function kernelKill(facts: DeathFacts): Failure {
  const limit =
    facts.memoryLimitBytes === undefined ? 'memory ran out' : `it reached ${sizeText(facts.memoryLimitBytes)}`;
  return {
    ...traces(facts),
    code: 'OUT_OF_MEMORY',
    message: `${facts.what} was killed by the kernel because ${limit}`,
    hint: moreMemory(facts),
  };
}

function ofSignal(facts: DeathFacts, signal: SignalName): Failure {
  const meaning = meanings[signal];
  const hint =
    signal === 'SIGKILL'
      ? 'the kernel counted no kill for lack of memory: someone, or something that limits this machine, killed it'
      : signalHints[signal];
  return {
    ...traces(facts),
    code: 'CRASHED',
    message: `${facts.what} was ended by ${signal}${meaning ? ` (${meaning})` : ''}`,
    signal,
    ...(hint && { hint }),
  };
}

function ofExit(facts: DeathFacts): Failure {
  if (facts.exitCode === null)
    return { ...traces(facts), code: 'CRASHED', message: `${facts.what} ended for a reason unknown` };
  const message = `${facts.what} exited with code ${facts.exitCode}`;
  if (facts.what === 'the command') {
    const hint = facts.stderrTail
      ? 'its standard error tells more'
      : 'it wrote nothing to standard error: run it alone';
    return { ...traces(facts), code: 'EXITED', message, hint };
  }
  const hint = 'does the function, or a library that it uses, call process.exit?';
  return { ...traces(facts), code: 'CRASHED', message: `${message} before its task was done`, hint };
}

function moreMemory({ memoryLimitBytes = 0, peakMemoryBytes = 0 }: DeathFacts): string {
  const seen = Math.max(memoryLimitBytes, peakMemoryBytes);
  return seen > 0 ? `ask for --memory ${roomierSize(seen)}` : 'ask for more with --memory';
}

function traces(facts: DeathFacts): Omit<Failure, 'code' | 'message'> {
  const peakMemoryBytes = facts.peakMemoryBytes;
  return {
    ...(facts.exitCode !== null && { exitCode: facts.exitCode }),
    ...(facts.signal !== null && { signal: facts.signal }),
    ...(facts.stderrTail && { stderrTail: facts.stderrTail }),
    ...(peakMemoryBytes !== undefined && { details: { peakMemoryBytes } }),
  };
}
