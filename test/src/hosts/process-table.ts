import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A living process of this machine, by the kernel's own account. */
export interface Entry {
  readonly pid: number;
  readonly parent: number;
  /** As the kernel writes it: `S`, `T`… */
  readonly state: string;
  /** Arguments with a space between. */
  readonly command: string;
}

/** All living processes that `wanted` takes; the dead that nobody has waited for do not count. */
export function processTable(wanted: (pid: number) => boolean = () => true): Entry[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(wanted)
    .flatMap(pid => {
      const stat = procFile(pid, 'stat');
      // The second field is a name in parentheses, which may hold anything.
      const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === '' || state === 'Z' || state === 'X') return [];
      return [{ pid, parent: Number(parent), state, command: procFile(pid, 'cmdline').replaceAll('\0', ' ').trim() }];
    });
}

/** A file of `/proc/PID`, or nothing where the process is gone or not ours. */
export function procFile(pid: number, file: string): string {
  return orNothing(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
}

/** What names the process's namespace of process ids. */
export function pidNamespace(pid: number): string {
  return orNothing(() => readlinkSync(`/proc/${pid}/ns/pid`));
}

/** When the process started, in ticks since the machine's start: with the pid it names a process for ever. Undefined for none. */
export function startTicks(pid: number): string | undefined {
  const stat = procFile(pid, 'stat');
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** These processes and all that descend from them. */
export function withDescendants(table: readonly Entry[], roots: ReadonlySet<number>): Entry[] {
  const found = new Set(roots);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of table) if (found.has(parent)) found.add(pid);
  }
  return table.filter(({ pid }) => found.has(pid));
}

/** Sends a signal; a process that is gone needs none. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return '';
    throw error;
  }
}
