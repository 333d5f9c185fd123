import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses } from './end-processes.js';
import { endGroup } from './process-group.js';
import { ProcessTable } from './process-table.js';
import { ProcessTree } from './process-tree.js';
import { proportionalMemoryBytes } from './proportional-memory.js';

const children: ChildProcess[] = [];
const trees: ProcessTree[] = [];
afterEach(async () => {
  for (const tree of trees.splice(0)) await endProcesses(tree.members(), 0);
  for (const child of children.splice(0)) await endGroup(child.pid!, { graceMs: 0 });
});

function start(argv: readonly string[]): ChildProcess {
  const [file, ...args] = argv;
  const child = spawn(file!, args, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  return child;
}

async function until<T>(get: () => T, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = get();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain, last seen: ${JSON.stringify(value)}`);
    await delay(10);
  }
}

function treeOf(child: ChildProcess): ProcessTree {
  const tree = new ProcessTree(child.pid!, new ProcessTable());
  trees.push(tree);
  return tree;
}

describe.runIf(process.platform === 'linux')('a process tree', () => {
  it('holds children of children', async () => {
    const tree = treeOf(start(['sh', '-c', 'sh -c "sleep 60; true" & wait']));
    const usage = await until(
      () => tree.sample(),
      usage => usage?.processes === 3,
    );
    expect(usage!.rssBytes).toBeGreaterThan(100_000);
    expect(usage!.largestProcessPeakBytes).toBeLessThanOrEqual(usage!.rssBytes);
  });

  it('finds a child whose parent has died already, by its session', async () => {
    const child = start(['sh', '-c', 'sh -c "sleep 60 >/dev/null &"; echo; sleep 60; true']);
    // The inner shell, which made the first sleep, has ended by now.
    await once(child.stdout!, 'data');
    const tree = treeOf(child);
    await until(
      () => tree.sample()?.processes,
      count => count === 3,
    );
  });

  it('keeps a member that left the session, even after its parent died', async () => {
    const child = start(['sh', '-c', 'setsid sh -c "sleep 60; true" & wait']);
    const tree = treeOf(child);
    await until(
      () => tree.sample()?.processes,
      count => count === 3,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(tree.sample()?.processes).toBe(2);
  });

  it('finds children of any thread', async () => {
    const script = `const { Worker } = require('worker_threads');
      new Worker("require('child_process').spawn('sleep', ['60'])", { eval: true })`;
    const tree = treeOf(start([process.execPath, '-e', script]));
    await until(
      () => tree.sample()?.processes,
      count => count === 2,
    );
  });

  it('counts the CPU time of descendants that have ended', async () => {
    const burn = `${process.execPath} -e "const t = process.cpuUsage().user; while (process.cpuUsage().user - t < 200000);"`;
    const child = start(['sh', '-c', `${burn}; echo; read x`]);
    const tree = treeOf(child);
    tree.sample();
    await once(child.stdout!, 'data');
    expect(tree.sample()!.cpuUserMs).toBeGreaterThanOrEqual(190);
  });

  it('is undefined once nobody is left', async () => {
    const child = start(['true']);
    await once(child, 'exit');
    expect(treeOf(child).sample()).toBeUndefined();
  });

  it('has a size in which shared pages count once', async () => {
    const script = `const b = Buffer.alloc(64 * 2 ** 20, 1); console.log(b.length); setTimeout(() => {}, 60000)`;
    const child = start([process.execPath, '-e', script]);
    await once(child.stdout!, 'data');
    const bytes = await proportionalMemoryBytes([child.pid!]);
    expect(bytes).toBeGreaterThan(64 * 2 ** 20);
    expect(bytes).toBeLessThanOrEqual(treeOf(child).sample()!.largestProcessPeakBytes);
    expect(await proportionalMemoryBytes([2 ** 22 + 1])).toBeUndefined();
  });
});
