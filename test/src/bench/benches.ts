import type { Bench } from './bench.js';
import { clientMemory } from './cases/client-memory.js';
import { commands } from './cases/commands.js';
import { computingTasks } from './cases/computing-tasks.js';
import { dataLines } from './cases/data/data-lines.js';
import { dataS3 } from './cases/data/data-s3.js';
import { dataSort, endDataSort } from './cases/data/data-sort.js';
import { removeLineFiles } from './cases/data/line-files.js';
import { endS3Server } from './cases/data/s3-server.js';
import { machines } from './cases/machines.js';
import { sharedMemory } from './cases/shared-memory.js';
import { shipping } from './cases/shipping.js';
import { endBenchHosts } from './cases/ssh/bench-hosts.js';
import { bootstrap } from './cases/ssh/bootstrap.js';
import { command } from './cases/ssh/command.js';
import { files } from './cases/ssh/files.js';
import { streams } from './cases/ssh/streams.js';
import { tasks } from './cases/ssh/tasks.js';
import { start } from './cases/start.js';
import { trivialTasks } from './cases/trivial-tasks.js';

/** Every bench that `pnpm bench` knows. */
export const benches: readonly Bench[] = [
  {
    name: 'map',
    cases: [...trivialTasks, ...computingTasks, ...commands, ...sharedMemory, ...clientMemory, ...start, ...shipping],
  },
  { name: 'ssh', cases: [...command, ...tasks, ...files, ...bootstrap, ...streams], end: endBenchHosts },
  { name: 'machines', cases: machines },
  {
    name: 'data',
    cases: [...dataLines, ...dataS3, ...dataSort],
    end: async () => {
      await removeLineFiles();
      await endDataSort();
      await endS3Server();
    },
  },
];
