import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FunctionExecutor } from '@megalith/core';
import { MachineJobs, registerStandalone } from '@megalith/standalone';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkout } from './user-folder.js';

registerStandalone();
const bin = join(checkout, 'packages/cli/bin/run.cjs');
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-jobs-here-'));
  mkdirSync(join(home, 'work'));
  writeFileSync(join(home, 'megalith.yaml'), 'agent: { idle: 500ms }');
});
afterEach(async () => {
  // Its agent ends itself soon after its last job.
  const deadline = Date.now() + 30_000;
  while (agentPid() !== undefined && Date.now() < deadline) await delay(50);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const environment = () => ({ ...process.env, MEGALITH_HOME: home, NO_COLOR: '1' });

function megalith(...args: readonly string[]) {
  return new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>(resolve => {
    const options = { cwd: join(home, 'work'), env: environment() };
    const child = execFile(process.execPath, [bin, ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

function agentPid(): number | undefined {
  for (const hash of foldersIn(join(home, 'agents'))) {
    const { pid } = JSON.parse(readOr(join(home, 'agents', hash, 'agent.json'), '{}')) as { pid?: number };
    if (pid !== undefined && isAlive(pid)) return pid;
  }
  return undefined;
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}

function readOr(path: string, other: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return other;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

async function detached(command: readonly string[], items?: readonly string[]): Promise<string> {
  const executor = new FunctionExecutor({ backend: 'standalone', hosts: ['local'], home });
  try {
    const options = { detached: true } as const;
    const job = items === undefined ? executor.run(command, options).job : executor.command(command, items, options);
    await job.detach();
    return job.id;
  } finally {
    await executor.close();
  }
}

describe("jobs under this machine's agent", () => {
  it('go on with whoever asks for them, when the agent was killed', async () => {
    const id = await detached(
      ['sh', '-c', 'echo "$1"; sleep 0.2', 'sh', '{}'],
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
    );
    process.kill(agentPid()!, 'SIGKILL');
    const attached = await megalith('jobs', 'attach', id);
    expect(attached.code, attached.stderr).toBe(0);
    expect(new Set(attached.stdout.trim().split('\n'))).toEqual(new Set(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']));
    const jobs = await MachineJobs.open({ home, cwd: home });
    const found = await jobs.find(id);
    expect(found.where).toEqual(['here']);
    expect(await found.report()).toMatchObject({ state: 'done', counts: { total: 8, done: 8 } });
    await jobs.close();
  });

  it('are followed through the death of the agent', async () => {
    const id = await detached(['sh', '-c', 'echo "$1"; sleep 0.3', 'sh', '{}'], ['a', 'b', 'c', 'd', 'e', 'f']);
    const child = spawn(process.execPath, [bin, 'jobs', 'logs', id, '-f'], {
      cwd: join(home, 'work'),
      env: environment(),
    });
    let said = '';
    let isKilled = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!isKilled) process.kill(agentPid()!, 'SIGKILL');
      isKilled = true;
    });
    const code = await new Promise(resolve => child.on('close', resolve));
    expect(code).toBe(0);
    expect(new Set(said.trim().split('\n'))).toEqual(new Set(['a', 'b', 'c', 'd', 'e', 'f']));
  });

  it('show their place in the line', async () => {
    const executor = new FunctionExecutor({ backend: 'standalone', hosts: ['local'], home });
    const cpus = availableParallelism();
    const first = executor.run(['sleep', '600'], { detached: true, cpus }).job;
    await first.detach();
    const second = executor.run(['true'], { detached: true, cpus }).job;
    await second.detach();
    await executor.close();
    const listed = await megalith('jobs');
    expect(listed.stdout).toMatch(new RegExp(`^${second.id} +queued \\(1st\\) .* here `, 'm'));
    const timedOut = await megalith('jobs', 'wait', second.id, '--timeout', '200ms', '--json');
    expect(timedOut.code).toBe(1);
    expect(JSON.parse(timedOut.stdout)).toMatchObject({ error: { code: 'WAIT_TIMED_OUT' } });
    expect((await megalith('jobs', 'cancel', first.id)).stdout).toBe(`${first.id} cancelled\n`);
    expect((await megalith('jobs', 'wait', second.id)).code).toBe(0);
    expect(await megalith('jobs', 'fetch', second.id, 'x')).toMatchObject({ code: 2 });
  });

  it('leave files that are as sensitive as they are, whoever fetches them later', async () => {
    writeFileSync(join(home, 'work', 'in.txt'), 'ann');
    const flags = ['--detach', '--label', 'restricted', '--input', 'in.txt', '--json'];
    const begun = await megalith('run', ...flags, '--', 'cp', 'in.txt', 'out.txt');
    const { job } = JSON.parse(begun.stdout) as { job: string };
    expect((await megalith('jobs', 'wait', job)).code).toBe(0);
    expect((await megalith('jobs', 'fetch', job, 'out.txt:copy.txt')).code).toBe(0);
    expect((await megalith('labels', 'copy.txt')).stdout).toContain('restricted');
  });
});
