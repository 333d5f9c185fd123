import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAgentFile } from '../bootstrap/agent-file.js';
import { endAgents } from '../bootstrap/end-agents.fixture.js';
import { startLocalAgent } from './local-agent.js';

const standIn = fileURLToPath(new URL('../bootstrap/stand-in-agent.fixture.mjs', import.meta.url));

let home: string;
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'megalith-local-')), 'home');
  mkdirSync(home);
});
afterEach(() => endAgents(join(home, '..')));

const start = async (signal?: AbortSignal) => startLocalAgent(await readAgentFile(standIn), { home }, signal);
const started = (): string[] => readFileSync(join(home, 'started'), 'utf8').trim().split('\n');
const dooms = (count: number): void => {
  for (let doom = 1; doom <= count; doom++) writeFileSync(join(home, `doom-${doom}`), '');
};

test('an agent that is killed while it starts is started again', async () => {
  dooms(3);
  const { pid } = await start();
  expect(started()).toEqual([String(pid)]);
});

test('one that is killed four times is given up, with its log named', async () => {
  dooms(4);
  await expect(start()).rejects.toMatchObject({
    code: 'BOOTSTRAP_FAILED',
    hint: expect.stringContaining('agent.log'),
  });
});
