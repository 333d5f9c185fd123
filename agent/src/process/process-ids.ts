import { listDirectory } from './small-file.js';

/** All pids of the machine that we may see; empty where there is no /proc. */
export function processIds(): number[] {
  return (listDirectory('/proc') ?? []).map(Number).filter(Number.isInteger);
}
