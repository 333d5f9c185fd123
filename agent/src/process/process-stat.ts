import { kernelUnits } from './kernel-units.js';
import { readSmallFile } from './small-file.js';

/** What /proc/PID/stat tells of one process, in our units. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter of proc(5): `Z` and `X` are dead. */
  readonly state: string;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  /** When it started, in ticks since boot: with the pid, its identity. */
  readonly startTicks: number;
  readonly rssBytes: number;
  /** CPU time of the process itself and of all children that it has waited for, milliseconds. */
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}

/** Parses the one line of /proc/PID/stat; undefined for anything else. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  // The name stands in parentheses and may itself hold parentheses, spaces and line feeds.
  const nameEnd = line.lastIndexOf(')');
  if (nameEnd < 0) return undefined;
  const fields = line.slice(nameEnd + 2).split(' ');
  // proc(5) counts from 1 and the first field after the name is the third.
  const field = (number: number): number => Number(fields[number - 3]);
  const state = fields[0];
  if (state === undefined || fields.length < 22) return undefined;
  const msPerTick = 1000 / kernelUnits.ticksPerSecond;
  return {
    pid: Number.parseInt(line, 10),
    state,
    parentPid: field(4),
    group: field(5),
    session: field(6),
    threads: field(20),
    startTicks: field(22),
    rssBytes: field(24) * kernelUnits.pageBytes,
    cpuUserMs: (field(14) + field(16)) * msPerTick,
    cpuSystemMs: (field(15) + field(17)) * msPerTick,
  };
}

/** Undefined once the process has gone, and where there is no /proc. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const line = readSmallFile(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseProcessStat(line);
}

/** True for a process that still runs: a zombie holds a pid, but no memory and no work. */
export function isLiving(stat: ProcessStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X';
}
