import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { expectCurrentBundle } from './built.js';

const bin = fileURLToPath(new URL('../../bin/run.cjs', import.meta.url));
// A start takes half a second on an idle machine; tests share theirs.
export const patienceMs = 60_000;

export let folder: string;
let env: NodeJS.ProcessEnv;

/** Gives the tests of a file a folder of their own, with a module and some data, and a home in it. */
export function useFolder(): void {
  beforeAll(() => {
    expectCurrentBundle();
    folder = mkdtempSync(join(tmpdir(), 'megalith-cli-'));
    env = { ...process.env, MEGALITH_HOME: join(folder, 'home'), NO_COLOR: '1' };
    writeFileSync(
      join(folder, 'work.ts'),
      `export const square = (x: number): number => x * x;
     export const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
     export function unlucky(x: number): number { if (x === 3) throw new RangeError('no threes'); return x; }
     export const at = (i: number, { shared }: { shared: { table: Float64Array } }): number => shared.table[i]!;\n`,
    );
    writeFileSync(join(folder, 'numbers.json'), '[1, 2, 3, 4]');
    writeFileSync(join(folder, 'table.f64'), new Uint8Array(new Float64Array([0.5, 1.5, 2.5, 3.5, 4.5]).buffer));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

export function start(args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: [stdin, 'pipe', 'pipe'] });
}

export function ended(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      const bytes = Buffer.concat(stdout);
      resolve({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

export function megalith(args: readonly string[], input?: string | Buffer): Promise<Ended> {
  const child = start(args, input === undefined ? 'ignore' : 'pipe');
  child.stdin?.end(input);
  return ended(child);
}

export function ndjson(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

export async function until(what: string, isSo: () => boolean, limitMs = patienceMs): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await delay(20);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
