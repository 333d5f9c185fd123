import { readFileSync } from 'node:fs';
import { eventually } from '../../conformance/eventually.js';
import type { TestHost } from '../../hosts/test-host.js';

type HostProcess = ReturnType<TestHost['processes']>[number];

/** The agents that run on a host. */
export function agentsOn(host: TestHost): HostProcess[] {
  return host.processes().filter(({ command }) => /agent\.mjs machine /.test(command));
}

/** Kills all agents of a host, and gives their ids there. */
export function killAgents(host: TestHost, signal: NodeJS.Signals = 'SIGKILL'): number[] {
  return agentsOn(host).map(({ pid, pidHere }) => {
    signalTo(pidHere, signal);
    return pid;
  });
}

/** Processes that belong to no agent that lives. */
function orphansOn(host: TestHost): string[] {
  const all = host.processes();
  const agents = new Set(agentsOn(host).map(({ pidHere }) => pidHere));
  const isOwned = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parentOf(at)) if (agents.has(at)) return true;
    return false;
  };
  return all.filter(({ pidHere }) => !isOwned(pidHere)).map(({ pid, command }) => `${pid}: ${command}`);
}

/** Waits until all that runs on the host belongs to an agent; sessions need a moment to end. */
export async function noOrphans(host: TestHost): Promise<void> {
  try {
    await eventually('no process is left over', () => orphansOn(host).length === 0);
  } catch (error) {
    throw new Error(`left over on ${host.name}:\n${orphansOn(host).join('\n')}`, { cause: error });
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** 0 for a process that is gone. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return 0;
    throw error;
  }
}
