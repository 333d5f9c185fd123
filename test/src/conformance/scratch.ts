import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

let root = tmpdir();

/** From now on, scratch folders of this test file are made in that folder: one that its machines share. */
export function makeScratchIn(folder: string): void {
  root = folder;
}

/** A folder that lives as long as the running test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(root, 'megalith-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Tasks wait at a gate (`tasks/gate.ts`) until the test opens it: order without sleeping. */
export interface Gate {
  readonly path: string;
  open(): void;
}

export function gateIn(folder: string, name = 'gate'): Gate {
  const path = join(folder, name);
  return { path, open: () => writeFileSync(path, '') };
}

/** A file to which tasks append one line a run: the witness of how often each really ran. */
export interface Tally {
  readonly path: string;
  lines(): string[];
  count(word: string): number;
}

export function tallyIn(folder: string, name = 'tally'): Tally {
  const path = join(folder, name);
  appendFileSync(path, '');
  const lines = () => readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return { path, lines, count: word => lines().filter(line => line === word).length };
}
