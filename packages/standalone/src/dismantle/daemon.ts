import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MegalithError, writeFileAtomically } from '@megalith/agent';
import { within } from './deadline.js';
import { type DismantleLock, takePidFile } from './lock.js';
import { LogFile } from './log-file.js';
import { defaultPace, type Pace, waitMs } from './pace.js';
import { type Deed, problemText, type SweepReport } from './sweep-report.js';

/** Longer than all deadlines inside a sweep together: it only ends what hangs against every promise, milliseconds. */
const sweepDeadlineMs = 20 * 60_000;

export interface WatchOptions {
  readonly home: string;
  /** One sweep, of every cloud and region there is. */
  readonly sweep: (signal: AbortSignal) => Promise<readonly SweepReport[]>;
  /** Ends the watch, and the sweep that runs. */
  readonly signal: AbortSignal;
  readonly pace?: Partial<Pace>;
  /** Each line of the log, as it is written. */
  readonly say?: (line: string) => void;
  /** From 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number;
}

/** `<home>/cloud/dismantle.heartbeat`: written after each sweep. */
export interface Heartbeat {
  readonly pid: number;
  /** ISO 8601. */
  readonly at: string;
  readonly sweeps: number;
  /** In a row. */
  readonly failures: number;
  readonly nextInMs: number;
}

/**
 * Sweeps again and again until `signal` aborts. No failure of a sweep ends it: it is logged, and the next one waits longer. Keeps
 * `<home>/cloud/dismantle.pid`, `.log` and `.heartbeat`.
 * @throws MegalithError USAGE where another process watches this home
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { home, signal, random = Math.random } = options;
  let pidFile = await takePidFile(home);
  if (!pidFile.isMine) throw alreadyWatched(pidFile.holder);
  const pace: Pace = { ...defaultPace, ...options.pace };
  const log = new Log(home, options.say);
  let sweeps = 0;
  let good = 0;
  let failures = 0;
  try {
    await log.line(`watching as process ${process.pid}`);
    while (!signal.aborted && pidFile.isMine) {
      const isGood = await sweepOnce(options, log);
      sweeps += 1;
      good += isGood ? 1 : 0;
      failures = isGood ? 0 : failures + 1;
      const nextInMs = waitMs(pace, good, failures, random());
      await beat(home, { pid: process.pid, at: new Date().toISOString(), sweeps, failures, nextInMs }, log);
      await unlessAborted(signal, sleep(nextInMs, undefined, { signal }));
      pidFile = await heldOrTaken(home, pidFile, log);
    }
    await log.line(signal.aborted ? `ended after ${sweeps} sweeps` : `ended: another process watches this home now`);
  } finally {
    if (pidFile.isMine) await pidFile.release();
  }
}

/** Somebody may have removed the file, or taken it for left behind: only a watcher that lives replaces this one. */
async function heldOrTaken(home: string, pidFile: DismantleLock, log: Log): Promise<DismantleLock> {
  if (!pidFile.isMine) return pidFile;
  try {
    if (await pidFile.stillHeld()) return pidFile;
    await pidFile.release();
    return await takePidFile(home);
  } catch (error) {
    await log.line(problemText('the pid file can’t be kept', error));
    return pidFile;
  }
}

/** True where everything was looked at, and nothing failed. */
async function sweepOnce({ sweep, signal }: WatchOptions, log: Log): Promise<boolean> {
  try {
    const reports = await within(sweepDeadlineMs, 'the sweep', signal, sweep);
    for (const report of reports) for (const line of linesOf(report)) await log.line(line);
    return reports.every(({ isComplete, heldBy }) => isComplete || heldBy !== undefined);
  } catch (error) {
    if (!signal.aborted) await log.line(problemText('the sweep failed', error));
    return false;
  }
}

/** What a sweep did, a line each; none for one that found nothing to do. */
export function linesOf({ deeds, problems, heldBy }: SweepReport): readonly string[] {
  if (heldBy !== undefined) return [`process ${heldBy.process?.pid ?? '?'} on ${heldBy.host} sweeps: nothing was done`];
  const failed = new Set(deeds.flatMap(({ problem }) => problem ?? []));
  return [...deeds.map(deedLine), ...problems.filter(problem => !failed.has(problem))];
}

function deedLine(deed: Deed): string {
  const problem = deed.problem === undefined ? '' : ` (${deed.problem})`;
  if ('leftover' in deed) {
    const { kind, id, why } = deed.leftover;
    return `remove ${kind} ${id}: ${deed.outcome}, since ${why}${problem}`;
  }
  const { verdict, outcome } = deed;
  const what = 'intent' in verdict ? verdict.intent : verdict.machine;
  return `${verdict.action} ${what}: ${outcome}, since ${verdict.because}${problem}`;
}

/** A full disk must not end the watch: what can't be logged is at least said. */
class Log {
  readonly #file: LogFile;
  readonly #say: ((line: string) => void) | undefined;

  constructor(home: string, say: ((line: string) => void) | undefined) {
    this.#file = new LogFile(join(home, 'cloud', 'dismantle.log'));
    this.#say = say;
  }

  async line(text: string): Promise<void> {
    this.#say?.(text);
    try {
      await this.#file.write(text, Date.now());
    } catch (error) {
      this.#say?.(problemText('the log can’t be written', error));
    }
  }
}

async function beat(home: string, heartbeat: Heartbeat, log: Log): Promise<void> {
  try {
    await mkdir(join(home, 'cloud'), { recursive: true, mode: 0o700 });
    await writeFileAtomically(join(home, 'cloud', 'dismantle.heartbeat'), `${JSON.stringify(heartbeat)}\n`);
  } catch (error) {
    await log.line(problemText('the heartbeat can’t be written', error));
  }
}

async function unlessAborted(signal: AbortSignal, waiting: Promise<void>): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function alreadyWatched(holder: { readonly host: string; readonly process: { readonly pid: number } | undefined }) {
  const { host, process: other } = holder;
  return new MegalithError('USAGE', `process ${other?.pid ?? '?'} on "${host}" watches this home already`, {
    hint: 'one watcher is enough; end that one first to start another',
    details: { host, pid: other?.pid },
  });
}
