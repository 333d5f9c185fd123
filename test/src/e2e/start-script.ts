import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { checkout } from './user-folder.js';

interface ScriptEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's program that runs. */
export interface Script {
  readonly pid: number;
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The end of the program and of its output; it is an error if it does not come in time. */
  end(deadlineMs?: number): Promise<ScriptEnd>;
  /** Waits for a line of standard output that matches. */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
}

export type Runner = 'node' | 'tsx';

/** Starts `file` in a process group of its own, which is gone after the test. */
export function startScript(
  folder: string,
  file: string,
  options: { runner?: Runner; env?: NodeJS.ProcessEnv; args?: string[] } = {},
): Script {
  const { runner = 'node', env = {}, args = [] } = options;
  const loader = runner === 'tsx' ? ['--import', tsxLoader()] : [];
  const child = spawn(process.execPath, [...loader, file, ...args], {
    cwd: folder,
    env: { ...userEnvironment(), MEGALITH_HOME: join(folder, '.megalith'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', text => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    output.stderr += text;
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const pid = child.pid!;
  onTestFinished(() => endGroup(pid));

  return {
    pid,
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    async end(deadlineMs = 60_000) {
      const [exitCode, signal] = await within(
        deadlineMs,
        `the end of ${file}; so far it said ${JSON.stringify(output)}`,
        closed,
      );
      return { exitCode, signal, ...output };
    },
    says: pattern =>
      eventually(`${file} says ${pattern}`, () => {
        const match = output.stdout.match(pattern);
        if (match) return match;
        if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}: ${output.stderr}`);
        return undefined;
      }),
  };
}

/** The environment without what the test runner adds to it: a user has none of that. */
function userEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS$|NODE_ENV$|TEST$|DEV$|PROD$|SSR$|MODE$)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** tsx is a dependency of core's own tests. */
function tsxLoader(): string {
  return createRequire(join(checkout, 'packages/core/package.json')).resolve('tsx');
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
