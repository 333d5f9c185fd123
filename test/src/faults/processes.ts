import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { eventually } from '../conformance/eventually.js';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The processes that were started, at whatever distance, with one mark in their environment. */
export interface Marked {
  readonly env: Readonly<Record<string, string>>;
  /** Those alive now; the dead that nobody has waited for do not count. */
  alive(): ProcessInfo[];
  /** Waits until none is left; the error lists who is. */
  allGone(deadlineMs?: number): Promise<void>;
}

const variable = 'MEGALITH_TEST_MARK';

/**
 * Marks all processes that this one starts until the end of the test. A process that lost its parent,
 * and so is no descendant of anybody any more, still carries the mark; this process itself does not,
 * because the kernel shows the environment with which a process was started.
 */
export function markProcesses(): Marked {
  const mark = randomUUID();
  const before = process.env[variable];
  process.env[variable] = mark;
  onTestFinished(() => {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
    for (const { pid } of processesMarked(mark)) end(pid);
  });
  return {
    env: { [variable]: mark },
    alive: () => processesMarked(mark),
    async allGone(deadlineMs = 15_000) {
      try {
        await eventually('no process is left', () => processesMarked(mark).length === 0, deadlineMs);
      } catch (error) {
        const left = processesMarked(mark).map(({ pid, parent, command }) => `${pid} (parent ${parent}): ${command}`);
        throw new Error(`processes left behind:\n${left.join('\n')}`, { cause: error });
      }
    },
  };
}

function processesMarked(mark: string): ProcessInfo[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => read(pid, 'environ').includes(`${variable}=${mark}\0`))
    .map(pid => ({ pid, parent: parentOf(pid), command: read(pid, 'cmdline').replaceAll('\0', ' ').slice(0, 200) }))
    .filter(found => !isOwnBundler(found));
}

/** esbuild's service belongs to the program that bundles, which here is the test runner, and not to one executor. */
function isOwnBundler({ parent, command }: ProcessInfo): boolean {
  return parent === process.pid && /\besbuild --service=/.test(command);
}

/** A dead process has an empty environment and command line, and one that is just gone has no files. */
function read(pid: number, file: 'environ' | 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}

/** The fourth field of `stat`; the second is a name in parentheses, which may hold anything. */
function parentOf(pid: number): number {
  const stat = read(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
