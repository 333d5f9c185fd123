import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeSocketFolder } from './socket-folder.js';

const parent = mkdtempSync(join(tmpdir(), 'socket-folder-'));
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('the socket folder', () => {
  it('is this process’s own, and takes the places of hosts that are gone', () => {
    const gone = spawnSync(process.execPath, ['-e', '0']).pid;
    const left = join(parent, `megalith-host-${gone}-abc`);
    const alive = join(parent, `megalith-host-${process.pid}-abc`);
    const other = join(parent, 'megalith-something');
    for (const folder of [left, alive, other]) mkdirSync(folder);
    const made = makeSocketFolder(parent);
    expect(basename(made)).toMatch(new RegExp(`^megalith-host-${process.pid}-`));
    expect([left, alive, other].map(folder => existsSync(folder))).toEqual([false, true, true]);
  });
});
