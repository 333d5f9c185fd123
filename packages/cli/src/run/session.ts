import {
  type ExecutorOptions,
  type FileTransfer,
  FunctionExecutor,
  type JobCounts,
  type JobEvent,
  registerBackend,
} from '@megalith/core';
import { type SweepBeside, sweepBeside } from '../cloud/sweep-beside.js';
import { filesText } from '../output/files-text.js';
import { canRepaint, Progress } from '../output/progress.js';
import { ComingPlace } from './coming-place.js';
import { Interrupt, type InterruptCause, interruptExitCode } from './interrupt.js';
import { cancellingText, leavingText } from './interrupt-text.js';
import { JobPlace, type Whereabouts } from './job-place.js';
import { JobStory } from './job-story.js';

/** Where and how a command's jobs run. */
export interface SessionOptions extends Pick<ExecutorOptions, 'at' | 'prices'> {
  readonly backend: string | undefined;
  /** For machines: only these; all that are configured where undefined. */
  readonly hosts: readonly string[] | undefined;
  readonly slots: number | undefined;
  readonly home: string | undefined;
  /** How long tasks have to end once asked to, for the note that says so. */
  readonly grace: string | undefined;
  /** No notes and no progress. */
  readonly quiet: boolean;
  /** Says in a line where a job goes and why, and what it cost, unless that is this machine or the named hosts. @defaultValue false */
  readonly tellsPlan?: boolean;
}

/** What the body of a session works with. */
export interface Session {
  readonly executor: FunctionExecutor;
  /** Aborted when the user's side wants the work to end. */
  readonly signal: AbortSignal;
  readonly interrupted: InterruptCause | undefined;
  /** Where jobs run, as far as it is known. */
  readonly whereabouts: Whereabouts;
  /** Names the job that a second interruption may leave on a machine. */
  follow(job: string): void;
  /** Hears how a job's files travel. */
  transferring(files: FileTransfer): void;
  /** Hears what happens in a job, and tells where it goes and how a machine for it comes to be. */
  hear(event: JobEvent): void;
  /** Shows how a job does until the session ends; undefined where nothing is to be shown. */
  showProgress(counts: () => JobCounts, options?: ProgressFacts): Progress | undefined;
  /** A line on standard error, for people. */
  note(line: string): void;
  /** A line on standard error about something that failed: also where nothing else is to be said. */
  complain(line: string): void;
  /** What tasks log, on standard error. */
  log(bytes: Uint8Array): void;
}

/** What is known beside the counts of a job. */
interface ProgressFacts {
  readonly fractionRead?: () => number | undefined;
  readonly peakMemoryBytes?: () => number | undefined;
  /** Nothing is shown of a job that ends sooner, milliseconds. */
  readonly quietMs?: number;
}

/**
 * Runs `body` with an executor that is gone when it ends. Ctrl-C cancels the work and waits for the tasks to end; a second
 * one ends this process, and the job host with all tasks goes with it.
 * @returns the exit code: that of the body, or of the interruption
 */
export async function inSession(options: SessionOptions, body: (session: Session) => Promise<number>): Promise<number> {
  let progress: Progress | undefined;
  let job: string | undefined;
  const files = new Map<string, FileTransfer>();
  const coming = new ComingPlace();
  const place = new JobPlace(options.backend);
  let isPlacing = false;
  let hasFailed = false;
  let sweep: SweepBeside | undefined;
  const complain = (line: string) => {
    if (progress !== undefined) progress.note(line);
    else process.stderr.write(`${line}\n`);
  };
  const note = (line: string) => {
    if (!options.quiet) complain(line);
  };
  using interrupt = new Interrupt({
    onFirst: cause => {
      if (cause === 'EPIPE') return;
      isPlacing = coming.words !== undefined;
      note(cancellingText({ job, place: place.is, isPlacing, grace: options.grace }));
    },
    onSecond: () => {
      const left = leavingText({ job, place: place.is, isPlacing, grace: options.grace });
      if (left !== undefined) complain(left);
      process.exit(interruptExitCode('SIGINT'));
    },
  });
  // Who names hosts has nothing to do with clouds.
  const sweepWhereItMatters = () => {
    if (place.is === 'machines' && options.hosts === undefined) sweep ??= sweepBeside(note);
  };
  const story = new JobStory(note, options.tellsPlan === true && options.hosts === undefined);
  // What stands behind the name is large, and is loaded by whoever goes there.
  registerBackend('standalone', async options => (await import('@megalith/standalone')).openStandalone(options));
  const executor = new FunctionExecutor({
    ...(options.backend === undefined || options.backend === 'auto' ? {} : { backend: options.backend }),
    ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
    ...(options.slots === undefined ? {} : { slots: options.slots }),
    ...(options.home === undefined ? {} : { home: options.home }),
    ...(options.at === undefined ? {} : { at: options.at }),
    ...(options.prices === undefined ? {} : { prices: options.prices }),
  });
  const session: Session = {
    executor,
    signal: interrupt.signal,
    get whereabouts() {
      return place.is;
    },
    get interrupted() {
      return interrupt.cause;
    },
    follow(id) {
      job = id;
    },
    transferring(transfer) {
      files.set(`${transfer.direction} ${transfer.machine}`, transfer);
    },
    hear(event) {
      place.hear(event);
      sweepWhereItMatters();
      story.hear(event);
      const words = coming.hear(event);
      if (words !== undefined && progress?.repaints !== true) note(words);
    },
    showProgress(counts, facts = {}) {
      if (options.quiet) return undefined;
      progress = startProgress(counts, {
        ...facts,
        files: () => filesText([...files.values()]),
        place: () => coming.words,
      });
      return progress;
    },
    note,
    complain,
    log(bytes) {
      progress?.clear();
      process.stderr.write(bytes);
    },
  };
  sweepWhereItMatters();
  try {
    const exitCode = await body(session);
    hasFailed = exitCode !== 0;
    return interrupt.cause === undefined ? exitCode : interruptExitCode(interrupt.cause);
  } catch (error) {
    hasFailed = true;
    // What an interruption makes of a job is no news to the one who interrupted.
    if (interrupt.cause === undefined) throw error;
    return interruptExitCode(interrupt.cause);
  } finally {
    progress?.stop();
    await executor.close();
    await sweep?.end(hasFailed);
  }
}

function startProgress(
  counts: () => JobCounts,
  facts: ProgressFacts & { files: () => string | undefined; place: () => string | undefined },
): Progress {
  const progress = new Progress({
    stream: process.stderr,
    now: () => performance.now(),
    repaint: canRepaint(process.stderr, process.env),
    view: () => ({
      ...counts(),
      fractionRead: facts.fractionRead?.(),
      peakMemoryBytes: facts.peakMemoryBytes?.(),
      files: facts.files(),
      place: facts.place(),
    }),
    ...(facts.quietMs === undefined ? {} : { quietMs: facts.quietMs }),
  });
  progress.start();
  return progress;
}
