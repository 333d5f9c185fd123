import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHosts } from '../hosts/start-hosts.js';
import type { TestHosts } from '../hosts/test-host.js';
import { checkout } from './user-folder.js';

registerStandalone();
const bin = join(checkout, 'packages/cli/bin/run.cjs');
let hosts: TestHosts;
let folder: string;

beforeAll(async () => {
  hosts = await startHosts(2);
  folder = mkdtempSync(join(tmpdir(), 'megalith-machine-jobs-'));
  for (const client of ['one', 'other']) mkdirSync(join(folder, client));
  mkdirSync(join(folder, 'work'));
  const entries = Object.fromEntries(hosts.all.map(host => [host.name, hostEntry(host.entry())]));
  for (const client of ['one', 'other']) {
    const policy = { tags: { pii: 'internal' } };
    writeFileSync(join(folder, client, 'megalith.yaml'), JSON.stringify({ policy, hosts: entries }));
  }
});
afterAll(async () => {
  await hosts?.close();
  rmSync(folder, { recursive: true, force: true });
});

function hostEntry({ name: _, ...entry }: ReturnType<TestHosts['first']['entry']>) {
  return entry;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command of a client that has nothing but access to the hosts. */
function start(client: string, args: readonly string[]) {
  const env = { ...process.env, HOME: folder, MEGALITH_HOME: join(folder, client), NO_COLOR: '1' };
  const child: ChildProcess = spawn(process.execPath, [bin, ...args], { cwd: join(folder, 'work'), env });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, ...said }));
  });
  return { child, said, ended };
}

const megalith = (client: string, ...args: readonly string[]): Promise<Ended> => start(client, args).ended;

async function until(what: string, isSo: () => boolean, said?: () => string): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}; ${said?.() ?? ''}`);
    await delay(20);
  }
}

/** Gives a job to the hosts and leaves it. @returns its id */
async function detached(begin: (executor: FunctionExecutor) => { readonly id: string; detach(): Promise<void> }) {
  const executor = new FunctionExecutor({ backend: 'standalone', home: join(folder, 'one') });
  try {
    const job = begin(executor);
    await job.detach();
    return job.id;
  } finally {
    await executor.close();
  }
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);

describe('jobs on machines, seen from another client', { timeout: 120_000 }, () => {
  it('are listed, followed, attached to, and removed', async () => {
    const id = await detached(
      executor =>
        executor.run(
          [
            'sh',
            '-c',
            'echo begun; echo warned >&2; while [ ! -e ~/go-first ]; do sleep 0.05; done; echo over; exit 3',
          ],
          { detached: true, name: 'far', tags: ['pii'] },
        ).job,
    );
    const listed = JSON.parse((await megalith('other', 'jobs', '--json')).stdout);
    expect(listed.jobs).toMatchObject([
      { id, name: 'far', state: 'running', where: [expect.stringMatching(/^host\d$/)] },
    ]);
    expect(JSON.parse((await megalith('other', 'jobs', '--here', '--json')).stdout).jobs).toEqual([]);

    const logs = start('other', ['jobs', 'logs', id.slice(0, 8), '--follow']);
    const attached = start('other', ['jobs', 'attach', id]);
    const left = start('one', ['jobs', 'attach', id]);
    for (const { said } of [logs, attached, left]) {
      await until(
        'the output comes',
        () => said.stdout.includes('begun'),
        () => JSON.stringify(said),
      );
    }
    left.child.kill('SIGINT');
    expect(await left.ended).toMatchObject({ code: 75, stderr: expect.stringContaining(`jobs attach ${id}`) });

    for (const host of hosts) writeFileSync(host.pathHere(join(host.home, 'go-first')), '');
    expect(await attached.ended).toEqual({ code: 3, stdout: 'begun\nover\n', stderr: 'warned\n' });
    expect(await logs.ended).toMatchObject({ code: 0, stdout: 'begun\nwarned\nover\n' });
    expect(await megalith('other', 'jobs', 'results', id)).toMatchObject({ code: 1, stdout: '0\t3\tfailed\n' });
    expect((await megalith('other', 'jobs', 'show', id)).stdout).toMatch(/state +failed\n(.*\n)*where +host\d\n/);
    expect((await megalith('one', 'jobs', 'wait', id)).code).toBe(1);

    expect((await megalith('other', 'jobs', 'rm', id)).stdout).toBe(`${id}\n`);
    const gone = await megalith('other', 'jobs', 'show', id, '--json');
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('are read whole, though the reader is killed, and then the agent', async () => {
    const count = 24;
    // Some at once; the rest, once the agent is dead.
    const work = 'echo "$1"; case "$1" in *" "?) ;; *) until [ -e ~/go-on ]; do sleep 0.05; done; esac';
    const id = await detached(executor =>
      executor.command(
        ['sh', '-c', work, 'sh', '{}'],
        Array.from({ length: count }, (_, index) => `item ${index}`),
        { detached: true, cpus: 1 },
      ),
    );
    const read = async (end: (pieces: number) => boolean) => {
      const follower = start('other', ['jobs', 'logs', id, '-f', '--json']);
      const pieces = () => follower.said.stdout.split('\n').length - 1;
      await until(
        'output',
        () => end(pieces()),
        () => JSON.stringify(follower.said),
      );
      return follower;
    };
    const first = await read(pieces => pieces >= 3);
    first.child.kill('SIGKILL');
    await first.ended;

    const second = await read(pieces => pieces >= 6);
    const { where } = JSON.parse((await megalith('other', 'jobs', 'show', id, '--json')).stdout);
    const host = hosts.all.find(({ name }) => name === where[0])!;
    const agent = host.processes().find(({ command }) => / machine /.test(command))!;
    process.kill(agent.pidHere, 'SIGKILL');
    for (const each of hosts) writeFileSync(each.pathHere(join(each.home, 'go-on')), '');
    const { code, stdout, stderr } = await second.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/contact with host\d is lost/);
    const texts = new Set(lines(stdout).map(line => line.text));
    expect(texts).toEqual(new Set(Array.from({ length: count }, (_, index) => `item ${index}\n`)));

    const results = lines((await megalith('other', 'jobs', 'results', id, '--json')).stdout);
    expect(results).toEqual(
      Array.from({ length: count }, (_, index) => ({ index, state: 'done', value: { exitCode: 0 } })),
    );
    const copy = join(folder, 'other', 'mirrors', encodeURIComponent(`ssh:${host.name}`), 'jobs', id);
    const far = host.pathHere(join(host.home, '.megalith', 'jobs', id));
    expect(readFileSync(join(copy, 'journal')).equals(readFileSync(join(far, 'journal')))).toBe(true);
  });

  it('are cancelled', async () => {
    const id = await detached(executor => executor.run(['sleep', '600'], { detached: true }).job);
    expect(await megalith('other', 'jobs', 'rm', id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is running'),
    });
    expect((await megalith('other', 'jobs', 'cancel', id)).stdout).toBe(`${id} cancelled\n`);
    expect((await megalith('one', 'jobs', 'attach', id)).code).toBe(130);
    expect((await megalith('one', 'jobs', 'rm', id)).stdout).toBe(`${id}\n`);
    expect((await megalith('one', 'jobs', '--json')).stdout).not.toContain(id);
  });

  it('are one job, on however many machines they were', async () => {
    const executor = new FunctionExecutor({ backend: 'standalone', home: join(folder, 'one') });
    const job = executor.map(
      async (x: number) => {
        await new Promise(resolve => setTimeout(resolve, 20));
        return x * x;
      },
      Array.from({ length: 60 }, (_, index) => index),
    );
    await job;
    await executor.close();
    const { where, counts } = JSON.parse((await megalith('other', 'jobs', 'show', job.id, '--json')).stdout);
    expect(where.toSorted?.() ?? [...where].sort()).toEqual(['host1', 'host2']);
    expect(counts).toMatchObject({ total: 60, done: 60, complete: true });
    const results = await megalith('other', 'jobs', 'results', job.id);
    expect(results.code, results.stderr).toBe(0);
    expect(results.stdout).toBe(Array.from({ length: 60 }, (_, index) => `${index * index}\n`).join(''));
  });

  it('leave their outputs to who began them, and to who asks', async () => {
    const out = join(folder, 'work', 'out');
    const id = await detached(
      executor =>
        executor.run(['sh', '-c', 'until [ -e go ]; do sleep 0.05; done; mkdir asm; echo genome > asm/a.fa'], {
          detached: true,
          outputs: [{ path: 'asm', dest: out }],
        }).job,
    );
    expect(existsSync(out)).toBe(false);
    for (const host of hosts.all) await host.exec(`cd ~/.megalith/jobs/${id}/files && touch go`);
    expect((await megalith('one', 'jobs', 'attach', id)).code).toBe(0);
    expect(readFileSync(join(out, 'a.fa'), 'utf8')).toBe('genome\n');
    expect(await megalith('other', 'jobs', 'fetch', id, 'asm/a.fa:there.fa')).toMatchObject({
      code: 0,
      stdout: 'there.fa\n',
    });
    expect(readFileSync(join(folder, 'work', 'there.fa'), 'utf8')).toBe('genome\n');
    expect(await megalith('other', 'jobs', 'fetch', id, 'none')).toMatchObject({ code: 1 });
  });

  it('are shown where another machine cannot be reached', async () => {
    const id = await detached(executor => executor.run(['true'], { detached: true }).job);
    await megalith('one', 'jobs', 'wait', id);
    mkdirSync(join(folder, 'third'));
    const [first, second] = hosts.all.map(host => host.entry());
    // Nobody listens there.
    const dead = { ...hostEntry(first!), port: 1 };
    const entries = { dead, host1: hostEntry(first!), host2: hostEntry(second!) };
    writeFileSync(join(folder, 'third', 'megalith.yaml'), JSON.stringify({ hosts: entries }));
    const listed = await megalith('third', 'jobs');
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain(id);
    expect(listed.stderr).toMatch(/^warning: dead can't be reached.*\n$/);
    expect((await megalith('third', 'jobs', 'results', id)).stdout).toBe('0\t0\tdone\n');
    const unknown = await megalith('third', 'jobs', 'show', 'zzzz');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('it may be on dead') });
  });
});
