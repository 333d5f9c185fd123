import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { controlGroups, removeControlGroups } from './control-groups.js';
import { processTable, procFile, signalTo, startTicks } from './process-table.js';

/** In the environment of all that sessions start where hosts share the machine's processes: `FOLDER/HOST`. */
export const markVariable = 'MEGALITH_TEST_HOST';

/** A new temporary folder whose name tells who owns it. Short: paths of unix sockets end at 107 bytes. */
export function newOwnedFolder(): string {
  return mkdtempSync(join(tmpdir(), `mgh-${process.pid}-${startTicks(process.pid)}-`));
}

/** Ends and removes what is left of owners that are dead, should their guards have been killed as well. */
export function sweepDead(): void {
  for (const name of new Set([...readdirSync(tmpdir()), ...controlGroups()])) {
    const [, pid, ticks] = /^mgh-(\d+)-(\d+)-\w+$/.exec(name) ?? [];
    if (pid === undefined || startTicks(Number(pid)) === ticks) continue;
    const folder = join(tmpdir(), name);
    endAllOf(folder);
    removeControlGroups(name);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills all processes that name the folder in their arguments or carry its mark, until none is left. */
export function endAllOf(folder: string): void {
  for (;;) {
    const left = processTable().filter(({ pid, command }) => pid !== process.pid && belongs(pid, command, folder));
    if (left.length === 0) return;
    for (const { pid } of left) signalTo(pid, 'SIGKILL');
  }
}

function belongs(pid: number, command: string, folder: string): boolean {
  return command.includes(`${folder}/`) || procFile(pid, 'environ').includes(`${markVariable}=${basename(folder)}/`);
}
