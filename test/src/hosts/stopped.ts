import { eventually } from '../conformance/eventually.js';
import { type Entry, signalTo } from './process-table.js';

/** Stops all of these, those too that are born meanwhile, and gives the stopped. */
export function stopAll(list: () => readonly Entry[]): Promise<readonly number[]> {
  return eventually('all processes have stopped', () => {
    const all = list();
    const running = all.filter(({ state }) => state !== 'T' && state !== 't');
    for (const { pid } of running) signalTo(pid, 'SIGSTOP');
    return running.length === 0 && all.map(({ pid }) => pid);
  });
}
