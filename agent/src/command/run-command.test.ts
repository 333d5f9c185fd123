import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { groupMembers } from '../process/process-group.js';
import { isAlive } from '../process/process-identity.js';
import { readSmallFile } from '../process/small-file.js';
import { node, sh, until, useCommands } from './running-commands.fixture.js';
import { CommandSurroundings } from './surroundings.js';

const linux = process.platform === 'linux';
const mebibyte = 2 ** 20;
const { start, run, folder, environment, leftovers } = useCommands();

describe('a command that ends by itself', () => {
  it('gives its output, its times and no failure', async () => {
    const started: number[] = [];
    const { command, stdout, stderr } = start(
      sh('echo out; echo err >&2'),
      {},
      { onStarted: pid => started.push(pid) },
    );
    const end = await command.end;
    expect(end).toMatchObject({ exitCode: 0, signal: null, stderrTail: 'err\n' });
    expect(end.failure).toBeUndefined();
    expect(end.endedAt).toBeGreaterThan(end.startedAt);
    expect(Math.abs(Date.now() - end.endedAt)).toBeLessThan(60_000);
    expect([stdout(), stderr()]).toEqual(['out\n', 'err\n']);
    expect(started).toEqual([command.pid]);
  });

  it('fails as EXITED with its own code', async () => {
    const end = await run(sh('echo sorry >&2; exit 3'));
    expect(end.failure).toMatchObject({
      code: 'EXITED',
      message: 'the command exited with code 3',
      exitCode: 3,
      stderrTail: 'sorry\n',
    });
  });

  it('fails as CRASHED with the signal that ended it', async () => {
    const end = await run(sh('kill -SEGV $$'));
    expect(end).toMatchObject({ exitCode: null, signal: 'SIGSEGV' });
    expect(end.failure).toMatchObject({ code: 'CRASHED', signal: 'SIGSEGV' });
    expect(end.failure?.message).toContain('segmentation fault');
  });

  it('fails as CRASHED when a shell tells of the signal', async () => {
    const end = await run(sh('sh -c "kill -SEGV \\$\\$"; exit $?'));
    expect(end.failure).toMatchObject({ code: 'CRASHED', signal: 'SIGSEGV', exitCode: 139 });
  });

  it("is not called out of memory for anybody's SIGKILL", async () => {
    const end = await run(sh('kill -KILL $$'));
    expect(end.failure).toMatchObject({ code: 'CRASHED', signal: 'SIGKILL' });
  });

  it('gets the environment given and reads nothing from a closed input', async () => {
    const { command, stdout } = start(sh('cat; printf %s "$GREETING"'), { env: { ...environment(), GREETING: 'hé' } });
    expect((await command.end).exitCode).toBe(0);
    expect(stdout()).toBe('hé');
  });
});

describe('a command that cannot start', () => {
  it('exits with 127 when there is no such program', async () => {
    const end = await run(['no-such-program-here', 'x']);
    expect(end).toMatchObject({ exitCode: 127, signal: null });
    expect(end.failure).toMatchObject({
      code: 'EXITED',
      exitCode: 127,
      message: "cannot start 'no-such-program-here': not found on the PATH",
    });
  });

  it('exits with 127 when its working directory does not exist, and says so', async () => {
    const end = await run(['true'], { cwd: join(folder, 'gone') });
    expect(end.failure?.message).toContain(`its working directory '${join(folder, 'gone')}' does not exist`);
  });

  it('exits with 126 when the file cannot be executed', async () => {
    const path = join(folder, 'plain.txt');
    writeFileSync(path, 'no program');
    const end = await run([path]);
    expect(end.failure).toMatchObject({ code: 'EXITED', exitCode: 126 });
    expect(end.failure?.hint).toContain('chmod +x');
  });

  it('exits with 126 when its arguments are too long', async () => {
    const end = await run(['true', 'x'.repeat(4 * mebibyte)]);
    expect(end.failure).toMatchObject({ code: 'EXITED', exitCode: 126 });
    expect(end.failure?.message).toContain('too long');
  });

  it('says the same with a memory limit, where it is started through a shell', async () => {
    const missing = await run(['no-such-program-here'], { memoryLimitBytes: 128 * mebibyte });
    expect(missing.failure).toMatchObject({ code: 'EXITED', exitCode: 127 });
    expect((await run([folder], { memoryLimitBytes: 128 * mebibyte })).exitCode).toBe(127);
  });
});

describe('a command that has to end', () => {
  it('gets SIGTERM at its time limit and fails as TIMED_OUT', async () => {
    const { command, stdout } = start(sh('trap "echo bye; exit 0" TERM; while :; do sleep 0.01; done'), {
      timeoutMs: 300,
    });
    const end = await command.end;
    expect(end.failure).toMatchObject({ code: 'TIMED_OUT' });
    expect(end.failure?.message).toContain('300 ms');
    expect(stdout()).toBe('bye\n');
  });

  it('is killed after the grace when it ignores SIGTERM, with its grandchildren', async () => {
    const ready = join(folder, 'ready-ignoring');
    const { command } = start(sh(`trap "" TERM; (trap "" TERM; touch ${ready}; sleep 60) & wait; sleep 60`), {
      graceMs: 100,
    });
    await until(
      () => existsSync(ready),
      () => 'the grandchild runs',
    );
    command.cancel('not needed any more');
    const end = await command.end;
    expect(end.failure).toMatchObject({ code: 'CANCELLED', message: 'the command was cancelled: not needed any more' });
    expect(end.signal).toBe('SIGKILL');
    expect(groupMembers(command.pid!)).toEqual([]);
  });

  it('is ended even when it is stopped', async () => {
    const { command } = start(sh('kill -STOP $$; echo never'));
    await until(
      () => readSmallFile(`/proc/${command.pid}/stat`)?.includes(') T') ?? true,
      () => 'it is stopped',
    );
    command.cancel('enough');
    expect((await command.end).failure?.code).toBe('CANCELLED');
  });

  it('keeps its first reason, and cancelling after the end does nothing', async () => {
    const { command } = start(['sleep', '60']);
    command.cancel('first');
    command.cancel('second');
    expect((await command.end).failure?.message).toContain('first');
    const done = start(['true']).command;
    await done.end;
    done.cancel('late');
    expect((await done.end).failure).toBeUndefined();
  });

  it('fails as OUT_OF_MEMORY when the machine needs its memory', async () => {
    const { command } = start(sh('trap "" TERM; sleep 60'));
    command.endForMemory('the machine had only 40MiB left');
    const end = await command.end;
    expect(end.failure).toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(end.failure?.message).toContain('only 40MiB left');
  });
});

describe('what a command leaves behind', () => {
  /** The rest of a line after `setsid`: a program that is left running once it is known to have its own session. */
  const daemon = (name: string) => {
    const path = join(folder, name);
    return `sh -c "touch ${path}; sleep 60; true" & while [ ! -e ${path} ]; do :; done`;
  };

  it('is ended with it, whether it heeds SIGTERM or not', async () => {
    const { command } = start(sh('{ sleep 60 & (trap "" TERM; sleep 60) & } >/dev/null 2>&1; exit 5'), { graceMs: 50 });
    expect((await command.end).failure).toMatchObject({ code: 'EXITED', exitCode: 5 });
    expect(groupMembers(command.pid!)).toEqual([]);
  });

  it.runIf(linux)('does not hang the end when it has left the session and holds the output', async () => {
    const { command, stdout } = start(sh(`echo before; setsid ${daemon('holds')}; echo after`), { graceMs: 100 });
    const end = await command.end;
    expect(end.failure).toBeUndefined();
    expect(stdout()).toBe('before\nafter\n');
    expect(leftovers()).toEqual([]);
  });

  it.runIf(linux)('is ended also when it has left the session, holds nothing and ignores SIGTERM', async () => {
    const own = new CommandSurroundings();
    await start(sh(`trap "" TERM; setsid >/dev/null 2>&1 ${daemon('deaf')}`), { graceMs: 50 }, {}, own).command.end;
    await own.close();
    expect(leftovers()).toEqual([]);
  });

  it.runIf(linux)('is ended when a cancelled command had a child that left the session', async () => {
    const pidFile = join(folder, 'daemon');
    const { command } = start(sh(`setsid sh -c 'echo $$ > ${pidFile}; exec sleep 60' >/dev/null 2>&1 & wait`), {
      graceMs: 100,
    });
    await until(
      () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'),
      () => 'the daemon runs',
    );
    const pid = Number(readFileSync(pidFile, 'utf8'));
    command.cancel('enough');
    await command.end;
    expect(isAlive({ pid, startTicks: undefined }) && leftovers().includes(pid)).toBe(false);
  });
});

describe('output', () => {
  it('of 200 MB arrives whole, in order and without piling up when its reader is slow', async () => {
    const before = process.memoryUsage().arrayBuffers;
    let bytes = 0;
    let chunks = 0;
    let pending = 0;
    let mostPending = 0;
    let highest = 0;
    const { command } = start(
      node(
        'const b = Buffer.alloc(1e6, 120); let n = 200; (function next() { if (n-- > 0) process.stdout.write(b, next) })()',
      ),
      {},
      {
        onOutput: async (_, chunk) => {
          mostPending = Math.max(mostPending, ++pending);
          bytes += chunk.length;
          if (++chunks % 20 === 0) await delay(1);
          highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
          pending--;
        },
      },
    );
    expect((await command.end).failure).toBeUndefined();
    expect(bytes).toBe(200e6);
    expect(mostPending).toBe(1);
    expect(highest).toBeLessThan(100e6);
  });

  it('that is still on its way when the command ends is waited for, however slow its reader', async () => {
    let bytes = 0;
    const { command } = start(
      sh('head -c 200000 /dev/zero'),
      {},
      {
        onOutput: async (_, chunk) => {
          await delay(150);
          bytes += chunk.length;
        },
      },
    );
    await command.end;
    expect(bytes).toBe(200_000);
  });

  it('that cannot be kept ends the command and says why', async () => {
    const { command } = start(
      sh('echo x; sleep 60'),
      {},
      { onOutput: () => Promise.reject(new Error('no space left on device')) },
    );
    expect((await command.end).failure).toMatchObject({
      code: 'CRASHED',
      message: "the command's output could not be kept: Error: no space left on device",
    });
  });

  it('on standard error is remembered by its end only', async () => {
    const end = await run(sh('head -c 100000 /dev/zero | tr "\\0" x >&2; printf the-end >&2; exit 1'));
    expect(end.stderrTail).toHaveLength(8 * 1024);
    expect(end.stderrTail.endsWith('xthe-end')).toBe(true);
  });
});
