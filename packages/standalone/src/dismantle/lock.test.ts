import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HeldLock, takeDismantleLock } from './lock.js';
import { endNodes, startNode } from './node-process.fixture.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-lock-'));
});
afterEach(async () => {
  await endNodes();
  rmSync(home, { recursive: true });
});

const built = JSON.stringify(import.meta.resolve('../../dist/dismantle/lock.js'));
const holder = () => `
  import { takeDismantleLock } from ${built};
  const lock = await takeDismantleLock(${JSON.stringify(home)});
  console.log(lock.isMine ? 'mine' : 'held by ' + lock.holder.process.pid);
  setInterval(() => {}, 1000);`;

it('is held by one process at a time, and says by which', async () => {
  const other = startNode(holder());
  expect(await other.line()).toBe('mine');
  expect(await takeDismantleLock(home)).toMatchObject({ isMine: false, holder: { process: { pid: other.pid } } });
  const third = startNode(holder());
  expect(await third.line()).toBe(`held by ${other.pid}`);
});

it('is free again once its holder was killed', async () => {
  const other = startNode(holder());
  expect(await other.line()).toBe('mine');
  other.child.kill('SIGKILL');
  expect(await other.ended).toBe('SIGKILL');
  const lock = (await takeDismantleLock(home)) as HeldLock;
  expect(lock.isMine).toBe(true);
  await lock.release();
  expect(readdirSync(join(home, 'cloud'))).toEqual([]);
});

it('of a killed holder goes to one of many who want it', async () => {
  const other = startNode(holder());
  await other.line();
  other.child.kill('SIGKILL');
  await other.ended;
  const all = await Promise.all(Array.from({ length: 8 }, () => startNode(holder()).line()));
  expect(all.filter(line => line === 'mine')).toHaveLength(1);
});

it('of another computer counts while it is touched', async () => {
  const path = join(home, 'cloud', 'dismantle.lock');
  await mkdir(join(home, 'cloud'));
  writeFileSync(path, JSON.stringify({ host: 'elsewhere', process: { pid: 1, startTicks: 1 }, token: 'x' }));
  expect(await takeDismantleLock(home)).toMatchObject({ isMine: false, holder: { host: 'elsewhere' } });
  const old = new Date(Date.now() - 60_000);
  utimesSync(path, old, old);
  const lock = await takeDismantleLock(home);
  expect(lock.isMine).toBe(true);
  if (lock.isMine) await lock.release();
});

it('that somebody took over is not ours any more, and is not removed', async () => {
  const lock = (await takeDismantleLock(home)) as HeldLock;
  expect(await lock.stillHeld()).toBe(true);
  writeFileSync(join(home, 'cloud', 'dismantle.lock'), '{}');
  expect(await lock.stillHeld()).toBe(false);
  await lock.release();
  expect(readdirSync(join(home, 'cloud'))).toEqual(['dismantle.lock']);
});

it('that can not be written says where, and what to do', async () => {
  writeFileSync(join(home, 'cloud'), '');
  await expect(takeDismantleLock(home)).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
    message: expect.stringContaining(join(home, 'cloud', 'dismantle.lock')),
    hint: expect.any(String),
  });
});
