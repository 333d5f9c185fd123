import { spawn } from 'node:child_process';
import type { HostExecResult } from './test-host.js';

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Then it is killed, and `run` rejects. @defaultValue 60,000 */
  readonly timeoutMs?: number;
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = { SIGKILL: 9, SIGTERM: 15, SIGPIPE: 13, SIGINT: 2 };

/** Runs a program to its end. @throws where it cannot be started, or does not end in time */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<HostExecResult> {
  const { input = '', cwd, env, timeoutMs = 60_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: env ?? process.env, timeout: timeoutMs, killSignal: 'SIGKILL' });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', text => {
        output[name] += text;
      });
    }
    const started = performance.now();
    child.on('error', reject);
    // A program that ends without reading its input is no error of ours.
    child.stdin.on('error', () => child.stdin.destroy()).end(input);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL' && performance.now() - started >= timeoutMs) {
        reject(new Error(`${program} did not end within ${timeoutMs} ms: ${args.join(' ')}\n${output.stderr}`));
      }
      resolve({ code: code ?? 128 + (signalNumbers[signal ?? 'SIGKILL'] ?? 0), ...output });
    });
  });
}

/** Runs a program that has to succeed. */
export async function runOrThrow(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}${options.input ?? ''}`);
  }
  return stdout;
}
