import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { treeMemoryBytes } from './tree-memory.js';

/** No run takes this long; one that does hangs. */
const limitMs = 180_000;
/** A peak shorter than this may be missed. Looking costs about 40 ms a GiB, so it must not be often. */
const sampleMs = 100;

export interface ProcessRun {
  /** From start to end. */
  readonly wholeMs: number;
  readonly stdout: string;
}

export interface ProgramOptions {
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it prints goes to the null device. */
  readonly silent?: boolean;
}

/** Runs a program to its end. Throws if it fails, with what it wrote to stderr. */
export async function runProgram(
  program: string,
  args: readonly string[],
  input = '',
  { env, silent = false }: ProgramOptions = {},
): Promise<ProcessRun> {
  const began = performance.now();
  const child = start(program, args, ['pipe', silent ? 'ignore' : 'pipe', 'pipe'], env);
  child.stdin?.end(input);
  const stdout = await outputOf(child, program);
  return { wholeMs: performance.now() - began, stdout };
}

/** Runs a script of `workers/`, which prints one number: its own measure. */
export async function runWorker(name: string, args: readonly string[]): Promise<number> {
  return measureIn(name, (await runProgram(process.execPath, [workerPath(name), ...args])).stdout);
}

/** Milliseconds of a worker's whole life, from a fresh process to its end. */
export async function wholeOfWorker(name: string, args: readonly string[]): Promise<number> {
  const { wholeMs, stdout } = await runProgram(process.execPath, [workerPath(name), ...args]);
  measureIn(name, stdout);
  return wholeMs;
}

/** Peak memory in bytes of a worker and everything below it. */
export async function peakOfWorkerTree(name: string, args: readonly string[]): Promise<number> {
  const child = start(process.execPath, [workerPath(name), ...args], ['ignore', 'pipe', 'pipe']);
  let peakBytes = 0;
  const sampler = setInterval(() => {
    if (child.pid !== undefined && child.exitCode === null) peakBytes = Math.max(peakBytes, treeMemoryBytes(child.pid));
  }, sampleMs);
  try {
    measureIn(name, await outputOf(child, name));
  } finally {
    clearInterval(sampler);
  }
  return peakBytes;
}

export function workerPath(name: string): string {
  return fileURLToPath(new URL(`workers/${name}.js`, import.meta.url));
}

function measureIn(name: string, stdout: string): number {
  const value = Number(stdout.trim());
  if (stdout.trim() === '' || !Number.isFinite(value)) throw new Error(`"${name}" printed "${stdout}" and no number`);
  return value;
}

function start(
  program: string,
  args: readonly string[],
  stdio: StdioOptions,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(program, args, { stdio, env: { ...process.env, ...env }, timeout: limitMs, killSignal: 'SIGKILL' });
}

async function outputOf(child: ChildProcess, name: string): Promise<string> {
  const [out, err]: string[][] = [[], []];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => out?.push(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => err?.push(text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  });
  if (code !== 0) throw new Error(`"${name}" ended with ${signal ?? code}: ${err?.join('').trim().slice(-2_000)}`);
  return out?.join('') ?? '';
}
