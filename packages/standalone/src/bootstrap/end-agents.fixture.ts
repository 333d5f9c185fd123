import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isRunning, until } from '../ssh/test-host.fixture.js';

/** Ends the agents that were started anywhere below a folder, real ones and stand-ins, and removes the folder. */
export async function endAgents(folder: string): Promise<void> {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const pids = files.flatMap(file => {
    if (basename(file) === 'started') return read(join(folder, file)).trim().split('\n').map(Number);
    if (basename(file) === 'agent.json')
      return [(JSON.parse(read(join(folder, file))) as { readonly pid: number }).pid];
    return [];
  });
  for (const pid of pids) end(pid);
  await until(() => !pids.some(isRunning), 'the agents have ended');
  rmSync(folder, { recursive: true, force: true });
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
