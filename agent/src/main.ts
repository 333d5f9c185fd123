import { fileURLToPath } from 'node:url';
import { isMainThread, workerData } from 'node:worker_threads';
import { type LocalOptions, runLocal } from './local.js';
import { type MachineOptions, runMachine } from './machine/machine.js';
import { runRelay } from './machine/relay.js';
import { type ControlThreadData, runControlThread, runProcessSlot } from './slot/process-slot.js';
import { type LoaderThreadData, runLoaderThread } from './slot/shared-memory.js';
import { type ExecutorThreadData, runExecutorThread, runThreadGroup } from './slot/thread-group.js';

/** The agent is one file with several entrances: which one is asked for stands in the arguments, or in a thread's data. */
const entry = new URL(import.meta.url);

if (isMainThread) {
  const [role, argument] = process.argv.slice(2);
  switch (role) {
    case 'local':
      runLocal(fileURLToPath(entry), JSON.parse(argument ?? '{}') as LocalOptions);
      break;
    case 'machine':
      await runMachine(fileURLToPath(entry), JSON.parse(argument ?? '{}') as MachineOptions);
      break;
    case 'relay':
      runRelay(argument ?? '');
      break;
    case 'slot':
      runProcessSlot(entry, Number(argument));
      break;
    case 'threads':
      runThreadGroup(entry);
      break;
    default:
      process.stderr.write(
        `megalith agent: no entrance called "${role ?? ''}" (local, machine, relay, slot, threads)\n`,
      );
      process.exit(2);
  }
} else {
  const data = workerData as ControlThreadData | ExecutorThreadData | LoaderThreadData;
  if (data.role === 'control') runControlThread(data);
  else if (data.role === 'executor') runExecutorThread(data);
  else void runLoaderThread(data);
}
