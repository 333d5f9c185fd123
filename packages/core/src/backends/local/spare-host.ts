import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';

/** What a job host is told when it starts. */
export interface HostOptions {
  /** Tasks of one cpu that may run at once. @defaultValue the machine's cpus */
  readonly cpus?: number;
  /** @defaultValue what the machine can give */
  readonly memoryBytes?: number;
  /** Where journals are kept. @defaultValue $MEGALITH_HOME, or ~/.megalith */
  readonly home?: string;
}

/** A job host that was started before anyone asked for it. */
export interface SpareHost {
  readonly child: ChildProcess;
  readonly options: HostOptions;
}

let spare: SpareHost | undefined;

/** Starts a job host as a child of this process; the connection to it is its descriptor 3. */
export function spawnHost(options: HostOptions): ChildProcess {
  // `require` finds it in half the time of `import.meta.resolve`, and this is what a command waits for.
  const agent = createRequire(import.meta.url).resolve('@megalith/agent/agent.mjs');
  // In a session of its own: Ctrl-C is for the client, which decides what becomes of its jobs.
  return spawn(process.execPath, [agent, 'local', JSON.stringify(options)], {
    detached: true,
    stdio: ['inherit', 'ignore', 'pipe', 'pipe'],
  });
}

/**
 * Starts a job host that is likely to be wanted, while the rest of the program still loads. Whoever starts one hands it to
 * `offerSpareHost`, or ends it.
 */
export function startSpareHost(options: HostOptions): SpareHost {
  const child = spawnHost(options);
  // One that could not be started is not taken, and the one that is started instead says why.
  child.on('error', () => undefined);
  // A host ends when its client does, but one that only begins to load would do that first.
  process.once('exit', () => child.kill());
  return { child, options };
}

/** Lets the next executor on this machine take the host, if it wants one just like it. */
export function offerSpareHost(offered: SpareHost): void {
  spare = offered;
}

/** A running host with these options, if one was offered; one with other options is ended. */
export function takeSpareHost(options: HostOptions): ChildProcess | undefined {
  if (spare === undefined) return undefined;
  const { child, options: given } = spare;
  spare = undefined;
  const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  if (isRunning && JSON.stringify(given) === JSON.stringify(options)) return child;
  child.kill();
  return undefined;
}
