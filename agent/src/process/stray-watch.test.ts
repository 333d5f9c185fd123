import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { signalGroup } from './process-group.js';
import { identityOf, isAlive } from './process-identity.js';
import { StrayWatch } from './stray-watch.js';

const children: ChildProcess[] = [];
afterEach(() => {
  // Each leads a group: the shell's own child is to go as well.
  for (const { pid } of children.splice(0)) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
});

async function startMarked(watch: StrayWatch, command: number): Promise<ChildProcess> {
  const env = { PATH: process.env.PATH, ...watch.environment(command) };
  const child = spawn('sh', ['-c', 'echo; sleep 60; true'], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

describe.runIf(process.platform === 'linux')('the watch for strays', () => {
  it('knows the processes of each command by their environment', async () => {
    const watch = new StrayWatch();
    const first = watch.begin();
    const second = watch.begin();
    const child = await startMarked(watch, first);
    expect(watch.processesOf(first).map(({ pid }) => pid)).toContain(child.pid);
    expect(watch.processesOf(second)).toEqual([]);
    expect(new StrayWatch().processesOf(first)).toEqual([]);
  });

  it('ends what is left of commands that have ended, and nothing else', async () => {
    const watch = new StrayWatch();
    const ended = watch.begin();
    const running = watch.begin();
    const stray = await startMarked(watch, ended);
    const worker = identityOf((await startMarked(watch, running)).pid!)!;
    const exited = once(stray, 'exit');
    watch.end(ended);
    await exited;
    await watch.close();
    expect(watch.processesOf(ended)).toEqual([]);
    expect(isAlive(worker)).toBe(true);
  });
});
