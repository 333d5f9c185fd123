import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableMemoryBytes } from './available-memory.js';
import { OomWatch, oomKillCounter } from './oom-watch.js';
import { usableCpus } from './usable-cpus.js';
import { cgroupMemoryLimitBytes, usableMemoryBytes } from './usable-memory.js';

const gibibyte = 2 ** 30;
const unlimitedV1 = '9223372036854771712\n';
const mountsV2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const mountsV1 = `31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
33 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'megalith-machine-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function files(contents: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const meminfo = 'MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n';

describe('what tasks may use of a machine', () => {
  it('is 92.5 % of its memory where there is no cgroup', () => {
    expect(usableMemoryBytes(root)).toBe(Math.floor(totalmem() * 0.925));
    files({ 'proc/meminfo': meminfo });
    expect(usableMemoryBytes(root)).toBe(Math.floor(16 * gibibyte * 0.925));
    expect(cgroupMemoryLimitBytes(root)).toBeUndefined();
    expect(usableCpus(root, 8)).toBe(8);
  });

  it('is less where any ancestor of our v2 cgroup has a limit', () => {
    files({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '0::/a/b/c\n',
      'proc/self/mountinfo': mountsV2,
      'sys/fs/cgroup/a/memory.max': `${4 * gibibyte}\n`,
      'sys/fs/cgroup/a/memory.high': 'max\n',
      'sys/fs/cgroup/a/b/memory.max': 'max\n',
      'sys/fs/cgroup/a/b/c/memory.max': `${8 * gibibyte}\n`,
      'sys/fs/cgroup/a/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
    });
    expect(usableMemoryBytes(root)).toBe(Math.floor(4 * gibibyte * 0.925));
    expect(usableCpus(root, 8)).toBe(1.5);
  });

  it('is less where our v1 cgroup has a limit', () => {
    files({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '4:memory:/job:1\n3:cpu,cpuacct:/\n0::/\n',
      'proc/self/mountinfo': mountsV1,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': unlimitedV1,
      'sys/fs/cgroup/memory/job:1/memory.limit_in_bytes': `${2 * gibibyte}\n`,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '25000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    });
    expect(usableMemoryBytes(root)).toBe(Math.floor(2 * gibibyte * 0.925));
    expect(usableCpus(root, 8)).toBe(1);
  });

  it('counts no v1 figure that stands for "no limit"', () => {
    files({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '4:memory:/\n3:cpu,cpuacct:/\n',
      'proc/self/mountinfo': mountsV1,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': unlimitedV1,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    });
    expect(cgroupMemoryLimitBytes(root)).toBeUndefined();
    expect(usableCpus(root, 8)).toBe(8);
  });

  it('is found in a container that sees only its own part of the hierarchy', () => {
    files({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '0::/docker/abc/inner\n',
      'proc/self/mountinfo': '30 23 0:26 /docker/abc /sys/fs/cgroup\\040x rw - cgroup2 cgroup2 rw\n',
      'sys/fs/cgroup x/memory.max': `${3 * gibibyte}\n`,
      'sys/fs/cgroup x/inner/memory.max': 'max\n',
    });
    expect(cgroupMemoryLimitBytes(root)).toBe(3 * gibibyte);
  });
});

describe('available memory', () => {
  it('is what the kernel says, or the headroom of our cgroup with its cached files', () => {
    files({ 'proc/meminfo': meminfo });
    expect(availableMemoryBytes(root)).toBe(8 * gibibyte);
    files({
      'proc/self/cgroup': '0::/a\n',
      'proc/self/mountinfo': mountsV2,
      'sys/fs/cgroup/a/memory.max': `${4 * gibibyte}\n`,
      'sys/fs/cgroup/a/memory.current': `${3 * gibibyte}\n`,
      'sys/fs/cgroup/a/memory.stat': `anon 5\ninactive_file ${gibibyte}\n`,
    });
    expect(availableMemoryBytes(root)).toBe(2 * gibibyte);
  });
});

describe('kills for lack of memory', () => {
  it('are counted in our cgroup, and on the whole machine where that does not count', () => {
    expect(oomKillCounter(root)()).toBeUndefined();
    files({ 'proc/vmstat': 'oom_kill_other 5\noom_kill 7\n' });
    expect(oomKillCounter(root)()).toBe(7);
    files({
      'proc/self/cgroup': '0::/a\n',
      'proc/self/mountinfo': mountsV2,
      'sys/fs/cgroup/a/memory.events': 'oom 3\noom_kill 2\noom_group_kill 9\n',
    });
    expect(oomKillCounter(root)()).toBe(2);
  });

  it('explain one death each, and only of a task that ran when they happened', () => {
    let count = 10;
    const watch = new OomWatch(() => count);
    const first = watch.mark();
    expect(watch.claim(first)).toBe(0);
    count = 12;
    const later = watch.mark();
    expect(watch.claim(later)).toBe(0);
    expect(watch.claim(first)).toBe(2);
    expect(watch.claim(first)).toBe(1);
    expect(watch.claim(first)).toBe(0);
  });
});
