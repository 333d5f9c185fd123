import type { Bench } from './bench.js';
import { clientMemory } from './cases/client-memory.js';
import { commands } from './cases/commands.js';
import { computingTasks } from './cases/computing-tasks.js';
import { sharedMemory } from './cases/shared-memory.js';
import { shipping } from './cases/shipping.js';
import { start } from './cases/start.js';
import { trivialTasks } from './cases/trivial-tasks.js';

/** Every bench that `pnpm bench` knows. */
export const benches: readonly Bench[] = [
  {
    name: 'map',
    cases: [...trivialTasks, ...computingTasks, ...commands, ...sharedMemory, ...clientMemory, ...start, ...shipping],
  },
];
