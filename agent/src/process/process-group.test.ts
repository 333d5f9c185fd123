import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { endGroup, groupMembers, signalGroup } from './process-group.js';

const groups: number[] = [];
afterEach(() => {
  for (const group of groups.splice(0)) signalGroup(group, 'SIGKILL');
});

/** Starts a script in a group of its own and waits for its first output. */
async function startGroup(script: string): Promise<number> {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  groups.push(child.pid!);
  await once(child.stdout, 'data');
  return child.pid!;
}

describe('a process group', () => {
  it('is not signalled once it has gone, and ending it then is no error', async () => {
    const child = spawn('true', { detached: true });
    await once(child, 'exit');
    expect(signalGroup(child.pid!, 'SIGTERM')).toBe(false);
    expect(await endGroup(child.pid!, { graceMs: 1_000 })).toBe(true);
  });

  it('is never every process, nor our own group', () => {
    for (const group of [-5, 0, 1, Number.NaN, 1.5]) expect(signalGroup(group, 0)).toBe(false);
  });

  it('ends with all its members', async () => {
    const group = await startGroup('sleep 60 & sleep 60 & echo; wait');
    expect(await endGroup(group, { graceMs: 5_000 })).toBe(true);
    expect(groupMembers(group)).toEqual([]);
  });

  it('is killed when it outlives the grace', async () => {
    const group = await startGroup('trap "" TERM; sleep 60 & echo; wait');
    expect(await endGroup(group, { graceMs: 50 })).toBe(true);
    expect(groupMembers(group)).toEqual([]);
  });

  it('is killed at once when the grace is cut short', async () => {
    const group = await startGroup('trap "" TERM; sleep 60 & echo; wait');
    const cut = new AbortController();
    const ended = endGroup(group, { graceMs: 3_600_000 }, cut.signal);
    cut.abort();
    expect(await ended).toBe(true);
    expect(groupMembers(group)).toEqual([]);
  });
});
