import { describe, expect, it, vi } from 'vitest';
import { TaskCgroups } from '../memory/task-cgroups.js';
import { node, sh, useCommands } from './running-commands.fixture.js';
import { CommandSurroundings } from './surroundings.js';

const linux = process.platform === 'linux';
const mebibyte = 2 ** 20;
const { start, run, folder } = useCommands();

const hog = (bytes: number) =>
  node(`const all = []; let n = 0;
    while (n < ${bytes}) { all.push(Buffer.alloc(16 * 2 ** 20, 1)); n += 16 * 2 ** 20 }
    setTimeout(() => {}, 60000)`);

describe('memory', () => {
  it('of a V8 heap that is full makes it OUT_OF_MEMORY', async () => {
    const heap = 'const a = []; for (;;) a.push(new Array(1000).fill(a.length))';
    const end = await run([process.execPath, '--max-old-space-size=40', '-e', heap]);
    expect(end.failure).toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(end.failure?.message).toContain('heap');
    expect(end.failure?.hint).toContain('--memory');
  });

  it.runIf(linux)('above what it asked for makes it OUT_OF_MEMORY, without a cgroup', async () => {
    const own = new CommandSurroundings();
    vi.spyOn(own, 'cgroups', 'get').mockReturnValue(undefined);
    const end = await start(hog(600 * mebibyte), { memoryLimitBytes: 128 * mebibyte, graceMs: 50 }, {}, own).command
      .end;
    await own.close();
    expect(end.failure).toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(end.failure?.message).toContain('had asked for 128MiB');
    expect(end.peakMemoryBytes).toBeGreaterThan(128 * mebibyte);
  });

  it.runIf(linux)('and CPU time are measured with all descendants', async () => {
    const child = `const b = Buffer.alloc(${100 * mebibyte}, 1); while (process.cpuUsage().user < 700e3); process.exit(b[0] - 1)`;
    const end = await run(sh(`${process.execPath} -e '${child}' & wait`));
    expect(end.failure).toBeUndefined();
    expect(end.peakMemoryBytes).toBeGreaterThan(100 * mebibyte);
    expect(end.peakMemoryBytes).toBeLessThan(400 * mebibyte);
    expect(end.cpuUserMs).toBeGreaterThan(50);
  });

  it('is not guessed for a command that ended at once', async () => {
    const end = await run(['true']);
    if (end.peakMemoryBytes !== undefined) expect(end.peakMemoryBytes).toBeGreaterThan(0);
    expect(Object.keys(end)).not.toContain('failure');
  });
});

const probe = linux ? TaskCgroups.find() : undefined;
probe?.close();

describe.runIf(probe)('memory held by the kernel (skipped where no memory cgroup can be divided)', () => {
  it('above what it asked for makes it OUT_OF_MEMORY, with the figure', async () => {
    const end = await run(hog(600 * mebibyte), { memoryLimitBytes: 128 * mebibyte });
    expect(end.signal).toBe('SIGKILL');
    expect(end.failure).toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: 'the command was killed by the kernel because it reached 128MiB',
      hint: 'ask for --memory 256MiB',
    });
    expect(end.peakMemoryBytes).toBeGreaterThan(120 * mebibyte);
    expect(end.peakMemoryBytes).toBeLessThan(136 * mebibyte);
  });

  it('of a child makes it OUT_OF_MEMORY too when the command fails for it', async () => {
    const { command } = start([...sh('"$@"; exit 9'), 'sh', ...hog(600 * mebibyte)], {
      memoryLimitBytes: 128 * mebibyte,
    });
    expect((await command.end).failure).toMatchObject({ code: 'OUT_OF_MEMORY', exitCode: 9 });
  });

  it('below what it asked for changes nothing, and CPU time is exact', async () => {
    const { command, stdout } = start(sh('echo "$0 $1"; printf %s "$PWD"'), { memoryLimitBytes: 128 * mebibyte });
    const end = await command.end;
    expect(end.failure).toBeUndefined();
    expect(stdout()).toContain(folder);
    expect(end.cpuUserMs).toBeGreaterThanOrEqual(0);
    expect(end.peakMemoryBytes).toBeGreaterThan(0);
  });
});
