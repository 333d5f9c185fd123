import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeDeadPieces } from './dead-pieces.js';

test('what the dead left half-made goes, what the living make stays, and so does what is whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-pieces-'));
  try {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const whole = ['agent.json', 'agent.log', 'socket', 'socket.c', 'data.2024.tar'];
    const living = [`agent.json.${process.pid}.0123abcd.tmp`, `socket.${process.pid}.l`];
    for (const name of [...whole, ...living, `agent.json.${dead}.0123abcd.tmp`, `socket.${dead}.l`]) {
      writeFileSync(join(folder, name), '');
    }
    mkdirSync(join(folder, `socket.${dead}`));
    writeFileSync(join(folder, `socket.${dead}`, '0123abcd'), '');
    await removeDeadPieces(folder);
    expect(readdirSync(folder).sort()).toEqual([...whole, ...living].sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
