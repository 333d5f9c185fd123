import { eventually } from '../conformance/eventually.js';
import type { Marked, ProcessInfo } from './processes.js';

/** The job hosts among the marked processes. */
export function hostsOf(marked: Marked): ProcessInfo[] {
  return marked.alive().filter(({ command }) => /agent\.mjs local\b/.test(command));
}

/** The processes in which tasks run. */
export function slotsOf(marked: Marked): ProcessInfo[] {
  return marked.alive().filter(({ command }) => /agent\.mjs (slot|threads)\b/.test(command));
}

/** The job host, once there is one. */
export function theHost(marked: Marked): Promise<ProcessInfo> {
  return eventually('a job host runs', () => hostsOf(marked)[0]);
}
