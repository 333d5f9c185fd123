import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { signalGroup } from '../process/process-group.js';
import { OrphanGuard } from './orphan-guard.js';

function sleeper(): { readonly child: ChildProcess; readonly pid: number; readonly ended: Promise<unknown[]> } {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  return { child, pid: child.pid as number, ended: once(child, 'exit') };
}

describe('the orphan guard', () => {
  it('kills the groups that are left when its owner is gone, and no others', async () => {
    const guard = new OrphanGuard();
    const [first, removed, last] = [sleeper(), sleeper(), sleeper()];
    for (const { pid } of [first, removed, last]) guard.add(pid);
    guard.remove(removed.pid);
    guard.close();
    expect(await Promise.all([first.ended, last.ended])).toEqual([
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    expect(signalGroup(removed.pid, 0)).toBe(true);
    signalGroup(removed.pid, 'SIGKILL');
    await removed.ended;
  });
});
