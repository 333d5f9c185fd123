import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Retention } from '../journal/prune-jobs.js';
import { MachineAgent } from './machine-agent.js';

/** What the bootstrap tells a machine's agent. */
export interface MachineOptions {
  /** The one folder that everything lies in. */
  readonly home: string;
  /** How long it stays with nothing to do, milliseconds. @defaultValue 10 minutes */
  readonly idleMs?: number;
  /** What jobs may use. @defaultValue what the machine has */
  readonly cpus?: number;
  readonly memoryBytes?: number;
  readonly retention?: Partial<Retention>;
  /**
   * `shutdown`: where nobody needs the agent any more, the machine is shut down. Not on SIGTERM, nor while another agent of the machine lives.
   * @defaultValue 'stay'
   */
  readonly atEnd?: 'stay' | 'shutdown';
  /** So long a machine that is shut down at the end stays for results that nobody has read, milliseconds. @defaultValue 1 h */
  readonly keepResultsMs?: number;
  /** The program that shuts the machine down, and its arguments. @defaultValue `shutdown -h now`, through `sudo -n` for whoever is not root */
  readonly shutdownCommand?: readonly string[];
  /** The machine's absolute end, epoch milliseconds; shortly before it new jobs go elsewhere. @defaultValue none */
  readonly expiresAt?: number;
  /** So long before its end the machine takes no new jobs, milliseconds. @defaultValue 5 minutes */
  readonly drainBeforeEndMs?: number;
  /** A job is taken only while the machine is leased for it. @defaultValue false */
  readonly leaseNeeded?: boolean;
  /** Ask EC2 whether the machine is about to be taken back. @defaultValue nobody is asked */
  readonly spot?: 'ec2';
  /** Where EC2's metadata service is. @defaultValue `http://169.254.169.254` */
  readonly metadataUrl?: string;
}

/** What an agent says once it serves, in one line of JSON. */
export interface AgentLine {
  readonly pid: number;
  readonly socket: string;
  readonly hash: string;
}

/**
 * Entrance of the agent of a machine: it serves whoever reaches its socket, outlives its clients, and ends when nobody needs it.
 * Prints one line and closes its standard output, whether it was this process that came first or another.
 */
export async function runMachine(entryFile: string, options: MachineOptions): Promise<void> {
  process.umask(0o077);
  // The session that started it may end: that is no reason to.
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  const folder = dirname(entryFile);
  const agent = new MachineAgent({ ...options, entryFile, folder, hash: basename(folder) });
  // What runs is begun again by the next agent: this one was not asked to cancel anything.
  process.on('SIGTERM', () => agent.quit());
  const { line, isOurs } = await agent.claim();
  writeSync(1, `${JSON.stringify(line)}\n`);
  if (!isOurs) process.exit();
  leaveStandardOutput();
  await agent.serve();
}

/** Whoever started the agent waits for the end of its output. The descriptor must not become that of a file opened later. */
function leaveStandardOutput(): void {
  closeSync(1);
  if (openSync('/dev/null', 'w') !== 1) throw new Error('standard output is not where it was');
}
