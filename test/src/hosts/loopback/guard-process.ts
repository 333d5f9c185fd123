/**
 * Runs the servers of hosts on 127.0.0.x until its standard input ends, as it does when its owner dies, or a host asks for
 * it by SIGUSR2; then ends them and all that their sessions started, and removes their folder.
 */
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { removeControlGroups } from '../control-groups.js';
import { endAllOf } from '../owned-folder.js';
import { processTable, signalTo, withDescendants } from '../process-table.js';
import type { GuardPlan } from './server-plan.js';

const { folder, servers }: GuardPlan = JSON.parse(process.argv[2]!);
const pids = servers.map(({ command: [program, ...args], logFile }) => {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  child.on('error', error => process.stderr.write(`${error.message}\n`));
  return child.pid ?? 0;
});
process.stdout.write(`${JSON.stringify(pids)}\n`);

// A terminal's signals are meant for the owner.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdin.resume().on('close', end);
process.on('SIGUSR2', end);

function end(): never {
  for (const { pid } of withDescendants(processTable(), new Set(pids.filter(pid => pid > 0)))) signalTo(pid, 'SIGKILL');
  endAllOf(folder);
  const deadline = performance.now() + 5000;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  // What was killed leaves its group when the kernel has freed its memory.
  while (!removeControlGroups(basename(folder)) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 20);
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
