import { randomBytes } from 'node:crypto';
import { endProcesses } from './end-processes.js';
import { identityOf, type ProcessIdentity } from './process-identity.js';
import { processIds } from './process-ids.js';
import { readSmallFile } from './small-file.js';

/**
 * The variable that tells to which command a process belongs: it survives `setsid`, double forks and dead parents. A
 * program that shall outlive its command has to be started without it (`env -u MEGALITH_COMMAND`).
 */
const commandVariable = 'MEGALITH_COMMAND';

/** A sweep at most so often, and with at most this part of the time. */
const sweepAfterMs = 500;
const sweepShare = 0.02;
/** After such a pause pids may have been used again, so nothing known is kept. */
const forgetAfterMs = 10_000;
const graceMs = 2_000;
const mostRounds = 5;

/**
 * Ends processes that have left the session of their command and outlive it. Sweeps follow the ends of commands, never
 * delay them, and one serves all that ended meanwhile. Does nothing where there is no /proc. Its owner calls `close()`.
 */
export class StrayWatch {
  readonly #host = randomBytes(8).toString('hex');
  readonly #entry = `${commandVariable}=${this.#host}-`;
  readonly #running = new Set<number>();
  #started = 0;
  /** The command of each pid of the machine; undefined for those that are none of ours. */
  #known = new Map<number, number | undefined>();
  #scannedAt = 0;
  #costMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  /** Registers a command before its start. */
  begin(): number {
    const command = ++this.#started;
    this.#running.add(command);
    return command;
  }

  /** What the command's environment has to say. */
  environment(command: number): Readonly<Record<string, string>> {
    return { [commandVariable]: `${this.#host}-${command}` };
  }

  /** From now on processes of the command are strays. */
  end(command: number): void {
    this.#running.delete(command);
    if (process.platform !== 'linux') return;
    this.#timer ??= setTimeout(() => this.#sweep(), Math.max(sweepAfterMs, this.#costMs / sweepShare)).unref();
  }

  /** The living processes of a command, wherever they are. Reads what is new in /proc. */
  processesOf(command: number): ProcessIdentity[] {
    return this.#scan(found => found === command);
  }

  /** Ends the strays that are left, and waits until they are gone. */
  async close(): Promise<void> {
    this.#sweep();
    await this.#sweeping;
  }

  #sweep(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sweeping = this.#sweeping.then(() => this.#endStrays());
  }

  async #endStrays(): Promise<void> {
    // A stray may have made another one while it was being ended.
    for (let round = 0; round < mostRounds; round++) {
      const strays = this.#scan(command => !this.#running.has(command));
      if (strays.length === 0) return;
      await endProcesses(strays, graceMs);
    }
  }

  #scan(wanted: (command: number) => boolean): ProcessIdentity[] {
    const start = performance.now();
    const before = start - this.#scannedAt > forgetAfterMs ? new Map<number, number | undefined>() : this.#known;
    const now = new Map<number, number | undefined>();
    const found: number[] = [];
    for (const pid of processIds()) {
      const command = before.has(pid) ? before.get(pid) : this.#commandOf(pid);
      now.set(pid, command);
      if (command !== undefined && wanted(command)) found.push(pid);
    }
    this.#known = now;
    this.#scannedAt = performance.now();
    this.#costMs = this.#scannedAt - start;
    // A pid known of old may have a new owner, so the few that matter are read once more.
    const owners = found.map(identityOf).filter(identity => identity !== undefined);
    return owners.filter(({ pid }) => {
      const command = this.#commandOf(pid);
      return command !== undefined && wanted(command);
    });
  }

  #commandOf(pid: number): number | undefined {
    const entries = readSmallFile(`/proc/${pid}/environ`)?.split('\0');
    const entry = entries?.find(entry => entry.startsWith(this.#entry));
    return entry === undefined ? undefined : Number(entry.slice(this.#entry.length));
  }
}
