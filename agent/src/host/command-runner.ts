import type { CommandEnd, RunningCommand } from '../command/command.js';
import { commandFor } from '../command/command-template.js';
import { OrphanGuard } from '../command/orphan-guard.js';
import { runCommand } from '../command/run-command.js';
import { CommandSurroundings } from '../command/surroundings.js';
import { isMegalithError } from '../errors.js';
import type { OomWatch } from '../memory/oom-watch.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import type { AttemptStats, CommandResult, CommandWork, Failure } from '../protocol/messages.js';
import { type TaskRef, writeDone, writeFailed, writeLog } from '../protocol/records.js';
import type { TaskSpan } from '../protocol/tasks.js';
import type { Admission } from './admission.js';
import type { RunnerHooks } from './function-runner.js';
import type { HostJob } from './host-job.js';

/** A command task while it runs. */
interface CommandTask {
  readonly job: HostJob;
  readonly span: TaskSpan;
  readonly command: RunningCommand;
  readonly slot: number;
  /** True while it waits for jobs that it started itself, with its cpus free for them. */
  lent: boolean;
}

/** Commands that last longer are announced as started, and guarded against the host's own death; a shorter one is over by then. */
const announceAfterMs = 10;

/** Runs commands, each in a process group of its own. */
export class CommandRunner {
  readonly #admission: Admission;
  readonly #hooks: RunnerHooks;
  readonly #env: Readonly<Record<string, string>>;
  readonly #surroundings: CommandSurroundings;
  readonly #guard = new OrphanGuard();
  readonly #tasks = new Set<CommandTask>();
  readonly #nextSlot: () => number;

  constructor(admission: Admission, env: NodeJS.ProcessEnv, oom: OomWatch, nextSlot: () => number, hooks: RunnerHooks) {
    this.#nextSlot = nextSlot;
    this.#admission = admission;
    this.#hooks = hooks;
    this.#env = env as Record<string, string>;
    this.#surroundings = new CommandSurroundings(oom);
  }

  /** Starts as many of the job's commands as fit. */
  pump(job: HostJob, work: CommandWork): void {
    while (job.waiting > 0 && job.mayHaveSlot && this.#admission.fits(job.spec.requirements)) {
      const span = job.queue.take(1);
      if (span === undefined) return;
      this.#start(job, work, span);
    }
  }

  tasks(): Iterable<CommandTask> {
    return this.#tasks;
  }

  #start(job: HostJob, work: CommandWork, span: TaskSpan): void {
    const task = { job: job.number, index: span.indexOf(0), attempt: span.attemptOf(0) };
    const template = work.shell === undefined ? { argv: work.argv ?? [] } : { shell: work.shell };
    let argv: readonly string[];
    try {
      argv = commandFor(template, span.itemOf(0), task.index + 1);
    } catch (error) {
      job.failTasks([span], usageFailure(error));
      this.#hooks.settled(job);
      return;
    }
    const slot = this.#nextSlot();
    const { requirements } = job.spec;
    this.#admission.take(requirements);
    job.running++;
    job.slots++;
    job.peakSlots = Math.max(job.peakSlots, job.slots);
    const logged = { stdout: 0, stderr: 0 };
    let announce: NodeJS.Timeout | undefined;
    let guarded: number | undefined;
    const command = runCommand(
      {
        argv,
        cwd: job.spec.cwd,
        env: { ...this.#env, ...job.env, MEGALITH_SLOT: String(slot), MEGALITH_TASK_INDEX: String(task.index) },
        stdin: work.stdin,
        graceMs: requirements.graceMs,
        ...(requirements.memoryBytes === undefined ? {} : { memoryLimitBytes: requirements.memoryBytes }),
        ...(requirements.timeoutMs === undefined ? {} : { timeoutMs: requirements.timeoutMs }),
      },
      {
        onStarted: (pid, at) => {
          announce = setTimeout(() => {
            guarded = pid;
            this.#guard.add(pid);
            job.started(task, at, slot);
          }, announceAfterMs);
        },
        onOutput: (stream, bytes) => {
          const out = new ByteWriter(bytes.length + 64);
          writeLog(out, task, stream, logged[stream], bytes);
          logged[stream] += bytes.length;
          if (!job.emit(out.take())) return new Promise<void>(resolve => job.whenRead(resolve));
          return undefined;
        },
      },
      this.#surroundings,
    );
    const running: CommandTask = { job, span, command, slot, lent: false };
    this.#tasks.add(running);
    const ended = job.endOf(task.index);
    if (ended !== undefined) command.cancel(ended.message);
    void command.end.then(end => {
      clearTimeout(announce);
      this.#tasks.delete(running);
      if (guarded !== undefined) this.#guard.remove(guarded);
      this.#admission.give(requirements, running.lent);
      job.running--;
      job.slots--;
      job.settled++;
      job.tookTasks(end.endedAt - end.startedAt, 1);
      job.emit(lastRecord(task, endOfGivenUp(end, job.endOf(task.index)), slot));
      this.#hooks.settled(job);
      this.#hooks.freed();
    });
  }

  cancel(job: HostJob): void {
    for (const task of this.#tasks) {
      if (task.job !== job) continue;
      const ended = job.endOf(task.span.indexOf(0));
      if (ended !== undefined) task.command.cancel(ended.message);
    }
  }

  /** What was told to end ends now: nobody waits for a grace any more. */
  hurry(): void {
    for (const { job, span, command } of this.#tasks) {
      const ended = job.endOf(span.indexOf(0));
      if (ended !== undefined) command.kill(ended.message);
    }
  }

  /** A command waits for jobs of its own: meanwhile its cpus are theirs. */
  lend(slot: number, waiting: boolean): void {
    for (const task of this.#tasks) {
      if (task.slot !== slot || task.lent === waiting) continue;
      task.lent = waiting;
      this.#admission.lend(task.job.spec.requirements, waiting);
      this.#hooks.freed();
    }
  }

  /** Ends all commands at once, with all that they started. */
  async close(): Promise<void> {
    const ends = [...this.#tasks].map(({ command }) => {
      command.kill('the job host ends');
      return command.end;
    });
    await Promise.all(ends);
    await this.#surroundings.close();
    this.#guard.close();
  }
}

/** A command that was ended because its machine leaves, or has no time left, was not cancelled by anybody. */
function endOfGivenUp(end: CommandEnd, ended: Failure | undefined): CommandEnd {
  const isGivenUp = ended?.code === 'AGENT_LOST' || ended?.code === 'TIMED_OUT';
  return end.failure?.code === 'CANCELLED' && isGivenUp ? { ...end, failure: ended } : end;
}

function lastRecord(task: TaskRef, end: CommandEnd, slot: number): Buffer {
  const stats: AttemptStats = {
    workerStartedAt: end.startedAt,
    startedAt: end.startedAt,
    endedAt: end.endedAt,
    inputMs: 0,
    outputMs: 0,
    coldStart: true,
    bytesIn: 0,
    bytesOut: 0,
    slot,
    ...(end.cpuUserMs === undefined ? {} : { cpuUserMs: end.cpuUserMs }),
    ...(end.cpuSystemMs === undefined ? {} : { cpuSystemMs: end.cpuSystemMs }),
    ...(end.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: end.peakMemoryBytes }),
  };
  const out = new ByteWriter(256);
  if (end.failure !== undefined) {
    writeFailed(out, task, end.failure, stats);
  } else {
    writeDone(out, task, stats, { exitCode: end.exitCode ?? 0 } satisfies CommandResult);
  }
  return out.take();
}

function usageFailure(error: unknown): Failure {
  if (!isMegalithError(error)) throw error;
  return { code: 'USAGE', message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
