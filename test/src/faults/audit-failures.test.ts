import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openAudit, readAudit, verifyAudit } from '@megalith/core';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../conformance/scratch.js';

const core = import.meta.resolve('@megalith/core');
/** Appends entries, several at a time, and prints the number of each once it is in. */
const writing = `
  import { writeSync } from 'node:fs';
  import { openAudit } from ${JSON.stringify(core)};
  const [home, name, count] = process.argv.slice(1);
  const audit = openAudit(home, { segmentBytes: 20_000 });
  for (let i = 0; i < count; i += 4) {
    await Promise.all([0, 1, 2, 3].map(async j => {
      await audit.append({ kind: 'label', paths: [name + '/' + (i + j)], label: 'restricted', from: name });
      writeSync(1, name + '/' + (i + j) + '\\n');
    }));
  }
  await audit.close();`;

interface Writer {
  readonly child: ChildProcess;
  readonly acknowledged: string[];
  readonly ended: Promise<unknown>;
}

function startWriter(home: string, name: string, count: number): Writer {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writing, home, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const acknowledged: string[] = [];
  createInterface({ input: child.stdout! }).on('line', line => acknowledged.push(line));
  return { child, acknowledged, ended: once(child, 'close') };
}

async function pathsIn(home: string): Promise<string[]> {
  return (await readAudit(home)).flatMap(record => (record.kind === 'label' ? record.paths : []));
}

test('four processes write to one audit log at once: every entry is there once, and the chain holds', async () => {
  const home = scratchFolder();
  const writers = ['a', 'b', 'c', 'd'].map(name => startWriter(home, name, 200));
  for (const { ended } of writers) expect(await ended).toEqual([0, null]);
  expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 800 });
  const expected = ['a', 'b', 'c', 'd'].flatMap(name => Array.from({ length: 200 }, (_, i) => `${name}/${i}`));
  expect((await pathsIn(home)).sort()).toEqual(expected.sort());
});

test('writers that are killed lose no entry that they were told of, and hold up nobody', async () => {
  const home = scratchFolder();
  const killed = ['a', 'b', 'c'].map(name => startWriter(home, name, 1_000_000));
  const spared = startWriter(home, 'd', 200);
  for (const [i, { child, acknowledged, ended }] of killed.entries()) {
    await expect.poll(() => acknowledged.length, { timeout: 20_000, interval: 1 }).toBeGreaterThan(40 * (i + 1));
    child.kill('SIGKILL');
    await ended;
  }
  expect(await spared.ended).toEqual([0, null]);
  const audit = openAudit(home);
  await audit.append({ kind: 'label', paths: ['after'], label: 'public', from: 'test' });
  await audit.close();
  const paths = new Set(await pathsIn(home));
  for (const { acknowledged } of [...killed, spared]) for (const path of acknowledged) expect(paths).toContain(path);
  expect(paths).toContain('after');
  expect(await verifyAudit(home)).toMatchObject({ ok: true });
});

test.runIf(process.getuid?.() === 0)(
  'an entry for which the disk has no room is refused and leaves nothing; with room the log goes on (needs root to mount)',
  async () => {
    const home = scratchFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'megalith-test', home]);
    onTestFinished(() => void execFileSync('umount', ['--lazy', home]));
    const audit = openAudit(home);
    const entry = { kind: 'label', paths: ['x'.repeat(2000)], label: 'restricted', from: 'test' } as const;
    await audit.append(entry);
    expect(() => writeFileSync(join(home, 'ballast'), Buffer.alloc(2 ** 20))).toThrow('ENOSPC');
    let accepted = 1;
    const filled = async () => {
      for (;;) {
        await audit.append(entry);
        accepted++;
      }
    };
    await expect(filled()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: accepted });
    rmSync(join(home, 'ballast'));
    expect((await audit.append(entry)).seq).toBe(accepted + 1);
    await audit.close();
    expect(await verifyAudit(home)).toEqual({ ok: true, entries: accepted + 1, head: expect.any(String) });
  },
);
