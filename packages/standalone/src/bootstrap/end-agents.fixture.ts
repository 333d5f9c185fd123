import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, until } from '../ssh/test-host.fixture.js';

/** Ends the agents that were started in a folder or one level below it, real ones and stand-ins, and removes the folder. */
export async function endAgents(folder: string): Promise<void> {
  const homes = existsSync(folder) ? [folder, ...readdirSync(folder).map(name => join(folder, name))] : [];
  const pids = homes.flatMap(home => [...standIns(home), ...agents(home)]);
  for (const pid of pids) end(pid);
  await until(() => !pids.some(isRunning), 'the agents have ended');
  rmSync(folder, { recursive: true, force: true });
}

function standIns(home: string): number[] {
  const path = join(home, 'started');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
}

function agents(home: string): number[] {
  const folder = join(home, 'agents');
  const lines = (existsSync(folder) ? readdirSync(folder) : []).map(hash => join(folder, hash, 'agent.json'));
  return lines
    .filter(path => existsSync(path))
    .map(path => (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
