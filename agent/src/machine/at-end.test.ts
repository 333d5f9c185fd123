import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { MachineShutdown, shutdownCommands } from './at-end.js';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-end-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a shutdown that fails is told, and tried until it does not', async () => {
  const folder = scratch();
  const script = `echo try >>${folder}/tries; [ -e ${folder}/allowed ] || { echo 'not allowed' >&2; exit 1; }`;
  const said: string[] = [];
  const shutdown = new MachineShutdown({
    command: ['sh', '-c', script],
    retryMs: 20,
    onLog: line => said.push(line),
  });
  expect(shutdown.hasBegun).toBe(false);
  shutdown.begin(async () => appendFileSync(join(folder, 'tries'), 'prepared\n'));
  shutdown.begin(async () => appendFileSync(join(folder, 'tries'), 'prepared twice\n'));
  expect(shutdown.hasBegun).toBe(true);
  await vi.waitFor(() => expect(tries(folder).length).toBeGreaterThan(3), 20_000);
  expect(shutdown.reason).toContain('cannot be shut down, which is tried again and again: not allowed');
  expect(said.some(line => line.includes('CANNOT BE SHUT DOWN: not allowed'))).toBe(true);
  writeFileSync(join(folder, 'allowed'), '');
  await vi.waitFor(() => expect(shutdown.reason).toBe('the machine shuts down'), 20_000);
  expect(tries(folder).filter(line => line.startsWith('prepared'))).toEqual(['prepared']);
  expect(tries(folder)[0]).toBe('prepared');
});

test('the machine is shut down even where not all could be written', async () => {
  const folder = scratch();
  const shutdown = new MachineShutdown({ command: ['touch', join(folder, 'down')], onLog: () => undefined });
  shutdown.begin(() => Promise.reject(new Error('the disk is full')));
  await vi.waitFor(() => expect(existsSync(join(folder, 'down'))).toBe(true), 20_000);
});

test('who is not root needs sudo, which must not ask', () => {
  expect(shutdownCommands(0)[0]).toEqual(['shutdown', '-h', 'now']);
  expect(shutdownCommands(1000)[0]).toEqual(['sudo', '-n', 'shutdown', '-h', 'now']);
});

function tries(folder: string): string[] {
  const path = join(folder, 'tries');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}
