import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentLine, type MachineOptions, MegalithError } from '@megalith/agent';
import type { AgentFile } from '../bootstrap/agent-file.js';

/** An agent is up in some 0.1 s; this is for a machine that is busy to the limit. */
const startDeadlineMs = 30_000;

/**
 * Starts this machine's agent, unless it runs: a process of its own session, so that it outlives this one.
 * @throws MegalithError BOOTSTRAP_FAILED with what it said; CANCELLED
 */
export async function startLocalAgent(
  agent: AgentFile,
  options: MachineOptions,
  signal: AbortSignal | undefined,
): Promise<AgentLine> {
  const folder = agentFolder(options.home, agent.hash);
  const entry = join(folder, 'agent.mjs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(entry)) await placeAgent(agent, entry);
  const logPath = join(folder, 'agent.log');
  const log = openSync(logPath, 'a', 0o600);
  try {
    for (let tries = 4; ; tries--) {
      const line = await started(entry, options, log, signal);
      if (typeof line === 'object') return line;
      // Who killed it, be it the kernel for want of memory, is not known to do so again.
      if (line === 'failed' || tries === 1) throw await notStarted(logPath);
    }
  } finally {
    closeSync(log);
  }
}

export function agentFolder(home: string, hash: string): string {
  return join(home, 'agents', hash);
}

async function placeAgent(agent: AgentFile, entry: string): Promise<void> {
  const half = `${entry}.${process.pid}`;
  await writeFile(half, agent.bytes, { mode: 0o600 });
  await rename(half, entry);
}

async function started(
  entry: string,
  options: MachineOptions,
  log: number,
  signal: AbortSignal | undefined,
): Promise<AgentLine | 'failed' | 'killed'> {
  const deadline = AbortSignal.timeout(startDeadlineMs);
  const child = spawn(process.execPath, [entry, 'machine', JSON.stringify(options)], {
    detached: true,
    cwd: '/',
    env: lasting(process.env),
    stdio: ['ignore', 'pipe', log],
  });
  child.unref();
  let said = '';
  const abort = (): boolean => child.kill();
  const ending = AbortSignal.any([deadline, ...(signal === undefined ? [] : [signal])]);
  ending.addEventListener('abort', abort);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.stdout?.setEncoding('utf8');
      child.stdout?.on('data', (text: string) => {
        said += text;
      });
      child.stdout?.once('close', resolve);
    });
  } finally {
    ending.removeEventListener('abort', abort);
  }
  if (signal?.aborted) throw new MegalithError('CANCELLED', "this machine's agent is no longer wanted");
  if (said !== '') return JSON.parse(said) as AgentLine;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return deadline.aborted || child.signalCode === null ? 'failed' : 'killed';
}

/** What belongs to the job or the terminal that happens to start the agent is not passed on to all later ones. */
function lasting({
  MEGALITH_SOCKET: _,
  MEGALITH_SLOT: __,
  MEGALITH_TASK_INDEX: ___,
  ...env
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}

async function notStarted(logPath: string): Promise<MegalithError> {
  const log = await readFile(logPath, 'utf8');
  const last = log.trimEnd().split('\n').slice(-3).join('; ');
  return new MegalithError('BOOTSTRAP_FAILED', `this machine's agent did not start: ${last || 'it said nothing'}`, {
    hint: `its log is "${logPath}"`,
    details: { layer: 'exec' },
  });
}
