import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach } from 'vitest';
import { processIds } from '../process/process-ids.js';
import { readSmallFile } from '../process/small-file.js';
import type { CommandEnd, CommandHooks, CommandSpec, RunningCommand } from './command.js';
import { runCommand } from './run-command.js';
import { CommandSurroundings } from './surroundings.js';

export interface Observed {
  readonly command: RunningCommand;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Real commands for a test file; after each test it is seen to that no process of it is left. */
export function useCommands(own: CommandSurroundings = new CommandSurroundings()) {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-command-'));
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  let tests = 0;
  /** In the environment of all that a test starts, so that what is left of it can be found by other means than ours. */
  const mark = (): string => `test-${process.pid}-${tests}`;
  const environment = (): Record<string, string> => ({ ...Object.fromEntries(inherited), TEST_MARK: mark() });

  const leftovers = (): number[] =>
    processIds().filter(pid => readSmallFile(`/proc/${pid}/environ`)?.split('\0').includes(`TEST_MARK=${mark()}`));

  afterEach(async () => {
    await until(
      () => leftovers().length === 0,
      () => `no process is left, but ${leftovers().join()}`,
    );
    tests++;
  });
  afterAll(async () => {
    await own.close();
    rmSync(folder, { recursive: true });
  });

  function start(
    argv: readonly string[],
    spec: Partial<CommandSpec> = {},
    hooks: Partial<CommandHooks> = {},
    surroundings = own,
  ): Observed {
    const output = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    const command = runCommand(
      { argv, cwd: folder, env: environment(), stdin: 'ignore', graceMs: 2_000, ...spec },
      { onOutput: (stream, bytes) => void output[stream].push(bytes), onStarted: () => undefined, ...hooks },
      surroundings,
    );
    const text = (stream: 'stdout' | 'stderr') => Buffer.concat(output[stream]).toString();
    return { command, stdout: () => text('stdout'), stderr: () => text('stderr') };
  }

  const run = (argv: readonly string[], spec: Partial<CommandSpec> = {}): Promise<CommandEnd> =>
    start(argv, spec).command.end;
  return { start, run, folder, environment, leftovers };
}

/** Waits for a condition, with a deadline. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what()}`);
    await delay(10);
  }
}

export const sh = (script: string): string[] => ['/bin/sh', '-c', script];
export const node = (script: string): string[] => [process.execPath, '-e', script];
