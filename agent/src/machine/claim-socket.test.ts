import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answers } from './claim-socket.js';

const built = new URL('../../dist/machine/claim-socket.js', import.meta.url).href;
/** Says `mine` and stays, or `taken` and ends; at the end of its input it gives the path back. */
const script = `
  const { createServer } = await import('node:net');
  const { claimSocket } = await import(${JSON.stringify(built)});
  process.stdout.write('ready\\n');
  await new Promise(resolve => process.stdin.once('data', resolve));
  // Who only looks whether anybody answers is gone before the answer.
  const server = createServer(socket => socket.on('error', () => socket.destroy()).end(String(process.pid)));
  const claim = await claimSocket(server, process.argv[1]);
  process.stdout.write(claim === undefined ? 'taken\\n' : 'mine\\n');
  if (claim === undefined) process.exit();
  process.stdin.on('end', () => { claim.release(); process.exit(); });
  process.stdin.resume();`;

let folder: string;
let path: string;
let started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-claim-'));
  path = join(folder, 'socket');
});

afterEach(async () => {
  await Promise.all(started.map(killed));
  started = [];
  rmSync(folder, { recursive: true, force: true });
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Processes that are all ready, and then claim the path at once. @returns those that got it */
async function claimAtOnce(count: number): Promise<ChildProcess[]> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  started.push(...children);
  await Promise.all(children.map(child => once(child.stdout!, 'data')));
  const answered = children.map(async child => String((await once(child.stdout!, 'data'))[0]).trim());
  for (const child of children) child.stdin!.write('go\n');
  const said = await Promise.all(answered);
  return children.filter((_, position) => said[position] === 'mine');
}

async function whoAnswers(): Promise<number> {
  const socket = connect(path);
  return Number((await once(socket, 'data'))[0]);
}

test('of many processes at once exactly one gets the path, also after one that was killed', async () => {
  for (let round = 0; round < 4; round++) {
    const winners = await claimAtOnce(20);
    expect(winners).toHaveLength(1);
    expect(await whoAnswers()).toBe(winners[0]?.pid);
    await killed(winners[0]!);
  }
});

test('a living holder keeps the path, even where its socket cannot be found', async () => {
  const [holder] = await claimAtOnce(1);
  rmSync(path);
  expect(await claimAtOnce(4)).toHaveLength(0);
  await killed(holder!);
  expect(await claimAtOnce(4)).toHaveLength(1);
});

test('what was given back is free, and leaves nothing of its holder', async () => {
  const [holder] = await claimAtOnce(1);
  const gone = once(holder!, 'exit');
  holder!.stdin!.end();
  await gone;
  expect(existsSync(path)).toBe(false);
  expect(await answers(path)).toBe(false);
  expect(await claimAtOnce(2)).toHaveLength(1);
});
