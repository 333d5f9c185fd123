import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { identityOf } from '../process/process-identity.js';
import { ownCgroup } from './own-cgroup.js';
import { TaskCgroups } from './task-cgroups.js';

const found = process.platform === 'linux' ? TaskCgroups.find() : undefined;
afterAll(() => found?.close());
const ourGroups = () =>
  readdirSync(ownCgroup('memory')!.directory).filter(name => name.startsWith(`megalith-${process.pid}-`));

describe.runIf(found)('cgroups for tasks (skipped where no memory cgroup can be divided)', () => {
  it('hold a process from before its start, count it, and go with what is left in them', async () => {
    const group = found!.create(256 * 2 ** 20)!;
    expect(group.usage()).toBeUndefined();
    const [file, ...args] = group.enter(['sh', '-c', 'setsid sleep 60 & echo started']);
    const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await exited;
    const left = group.processIds();
    expect(left).toHaveLength(1);
    expect(group.usage()).toMatchObject({ oomKills: 0 });
    expect(group.usage()!.peakMemoryBytes).toBeGreaterThan(0);
    expect(await group.remove()).toBe(true);
    expect(identityOf(left[0]!)).toBeUndefined();
  });

  it('lie in one group of ours, that goes when it is closed', () => {
    const before = ourGroups();
    const another = TaskCgroups.find()!;
    expect(ourGroups()).toHaveLength(before.length + 1);
    another.close();
    expect(ourGroups()).toEqual(before);
  });

  it('sweep away what a killed agent has left', () => {
    const abandoned = join(ownCgroup('memory')!.directory, 'megalith-999999999-1-00');
    mkdirSync(join(abandoned, 'task-1'), { recursive: true });
    TaskCgroups.find()!.close();
    expect(existsSync(abandoned)).toBe(false);
  });
});

it('are not to be had where there is no cgroup', () => {
  expect(TaskCgroups.find('/nowhere')).toBeUndefined();
});
