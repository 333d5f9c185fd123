import { type ChildProcess, spawn } from 'node:child_process';
import { raiseOomScore } from '../memory/oom-score.js';
import type { TaskCgroup } from '../memory/task-cgroup.js';
import { endProcesses } from '../process/end-processes.js';
import { epochMs } from '../process/epoch-clock.js';
import { endGroup, signalGroup } from '../process/process-group.js';
import { isAlive } from '../process/process-identity.js';
import type { Failure } from '../protocol/messages.js';
import { ByteTail } from './byte-tail.js';
import type { CommandEnd, CommandHooks, CommandSpec, RunningCommand } from './command.js';
import { type CommandStop, commandEnd } from './command-end.js';
import { after } from './deadline.js';
import { OutputPump } from './output-pump.js';
import { SampledLimit } from './sampled-limit.js';
import { foreseenFailure, startFailure } from './start-failure.js';
import type { CommandSurroundings } from './surroundings.js';
import { type CommandUsage, UsageSampler } from './usage-sampler.js';

/** Room for what a runtime prints when it dies: V8's last words with both stack traces are about 3 KB. */
const stderrTailBytes = 8 * 1024;
/** What is in a pipe is read at once: a pipe silent for so long after its command ended is held open by a stray. */
const idleAfterEndMs = 100;
/** Without a cgroup a growing process is only stopped at the next sample. */
const limitCheckIntervalMs = 50;

/** Starts a command in a process group and session of its own. */
export function runCommand(spec: CommandSpec, hooks: CommandHooks, surroundings: CommandSurroundings): RunningCommand {
  return new Command(spec, hooks, surroundings);
}

class Command implements RunningCommand {
  readonly pid: number | undefined;
  readonly end: Promise<CommandEnd>;
  readonly #spec: CommandSpec;
  readonly #surroundings: CommandSurroundings;
  readonly #cgroup: TaskCgroup | undefined;
  readonly #number: number;
  readonly #startedAt = epochMs();
  readonly #stderrTail = new ByteTail(stderrTailBytes);
  #oomMark = 0;
  #pumps: readonly OutputPump[] = [];
  #sampler: UsageSampler | undefined;
  #clearTimeout: () => void = () => undefined;
  #exited = false;
  /** Aborted when nobody waits for a grace any more. */
  #hurry: AbortController | undefined;
  #stop: CommandStop | undefined;
  #stopped: Promise<void> | undefined;

  constructor(spec: CommandSpec, hooks: CommandHooks, surroundings: CommandSurroundings) {
    this.#spec = spec;
    this.#surroundings = surroundings;
    this.#number = surroundings.strays.begin();
    if (spec.memoryLimitBytes !== undefined) this.#cgroup = surroundings.cgroups?.create(spec.memoryLimitBytes);
    const started = this.#start();
    if ('failure' in started) {
      this.end = this.#endUnstarted(started.failure);
      return;
    }
    const { child } = started;
    this.pid = child.pid;
    this.end = new Promise<CommandEnd>(resolve => {
      child.once('exit', (code, signal) => resolve(this.#finish(code, signal)));
      // Once it runs nothing is done through `child` that could fail.
      child.once('error', error => {
        this.#surroundings.programs.forget();
        resolve(this.#endUnstarted(startFailure(error, this.#program())));
      });
    });
    if (child.pid === undefined) return;
    this.#attend(child, child.pid, hooks);
    hooks.onStarted(child.pid, this.#startedAt);
  }

  cancel(reason: string): void {
    this.#endBy({ by: 'cancel', reason }, this.#spec.graceMs);
  }

  kill(reason: string): void {
    this.#hurry ??= new AbortController();
    this.#hurry.abort();
    this.#endBy({ by: 'cancel', reason }, 0);
  }

  endForMemory(reason: string): void {
    this.#endBy({ by: 'memory', reason }, 0);
  }

  sample(): CommandUsage | undefined {
    return this.#sampler?.usage;
  }

  #start(): { readonly child: ChildProcess } | { readonly failure: Failure } {
    const failure = this.#cgroup && foreseenFailure(this.#program());
    if (failure) return { failure };
    const argv = this.#cgroup?.enter(this.#spec.argv) ?? this.#spec.argv;
    const [argv0 = '', ...args] = argv;
    try {
      const child = spawn(this.#surroundings.programs.locate({ ...this.#program(), name: argv0 }), args, {
        argv0,
        cwd: this.#spec.cwd,
        env: { ...this.#spec.env, ...this.#surroundings.strays.environment(this.#number) },
        stdio: [this.#spec.stdin, 'pipe', 'pipe'],
        detached: true,
      });
      return { child };
    } catch (error) {
      return { failure: startFailure(error as NodeJS.ErrnoException, this.#program()) };
    }
  }

  #program() {
    return { name: this.#spec.argv[0] ?? '', cwd: this.#spec.cwd, searchPath: this.#spec.env.PATH };
  }

  #attend(child: ChildProcess, pid: number, hooks: CommandHooks): void {
    const onError = (error: unknown) => this.#endBy({ by: 'output', reason: String(error) }, this.#spec.graceMs);
    const onStderr = (bytes: Uint8Array) => {
      this.#stderrTail.push(bytes);
      return hooks.onOutput('stderr', bytes);
    };
    this.#pumps = [
      new OutputPump(child.stdout!, bytes => hooks.onOutput('stdout', bytes), onError),
      new OutputPump(child.stderr!, onStderr, onError),
    ];
    const { memoryLimitBytes, timeoutMs, graceMs } = this.#spec;
    const limit =
      memoryLimitBytes === undefined || this.#cgroup
        ? undefined
        : new SampledLimit(memoryLimitBytes, reason => this.endForMemory(reason));
    const sampler = new UsageSampler(pid, {
      ...(limit && { longestIntervalMs: limitCheckIntervalMs }),
      onFirst: () => this.#onNotShort(pid),
      onSample: ({ rssBytes }) => void limit?.check(rssBytes, sampler.tree.members()),
    });
    this.#sampler = sampler;
    if (timeoutMs !== undefined) this.#clearTimeout = after(timeoutMs, () => this.#endBy({ by: 'timeout' }, graceMs));
  }

  /** What only pays for commands that are more than a moment's work. */
  #onNotShort(pid: number): void {
    raiseOomScore(pid);
    this.#oomMark = this.#surroundings.oomWatch.mark();
  }

  #endBy(stop: CommandStop, graceMs: number): void {
    if (this.pid === undefined || this.#exited || this.#stop) return;
    this.#stop = stop;
    // Before any parent dies, for then its children could no longer be told.
    this.#sampler?.sample();
    this.#stopped = this.#endAll(this.pid, graceMs);
  }

  /** Ends the process group, then those that are known to have left it. */
  async #endAll(pid: number, graceMs: number): Promise<void> {
    // Most commands leave nothing behind.
    if (signalGroup(pid, 0)) {
      this.#hurry ??= new AbortController();
      await endGroup(pid, { graceMs }, this.#hurry.signal);
    }
    const left = this.#sampler?.tree.members().filter(isAlive) ?? [];
    if (left.length > 0) await endProcesses(left, this.#hurry?.signal.aborted ? 0 : graceMs);
  }

  async #finish(exitCode: number | null, signal: NodeJS.Signals | null): Promise<CommandEnd> {
    const endedAt = epochMs();
    this.#exited = true;
    this.#clearTimeout();
    this.#sampler?.stop();
    await (this.#stopped ?? this.#endAll(this.pid!, this.#spec.graceMs));
    await this.#drain();
    const cgroup = this.#cgroup?.usage();
    await this.#cgroup?.remove();
    this.#surroundings.strays.end(this.#number);
    const killed = !this.#stop && (signal === 'SIGKILL' || exitCode === 137);
    return commandEnd({
      spec: this.#spec,
      exitCode,
      signal,
      stop: this.#stop,
      sampled: this.#sampler?.usage,
      cgroup,
      oomKills: killed && !cgroup ? this.#surroundings.oomWatch.claim(this.#oomMark) : 0,
      startedAt: this.#startedAt,
      endedAt,
      stderrTail: this.#stderrTail.text(),
    });
  }

  /** Waits for the rest of the output. Who still holds a pipe after that has left our session, and is found by its mark. */
  async #drain(): Promise<void> {
    for (const last of [false, true]) {
      const open = this.#pumps.filter(pump => pump.isOpen);
      if (open.length === 0) return;
      const silent = await Promise.all(open.map(pump => pump.silent(idleAfterEndMs)));
      if (!silent.includes(true)) return;
      if (last) for (const pump of open) pump.abandon();
      else await endProcesses(this.#surroundings.strays.processesOf(this.#number), this.#spec.graceMs);
    }
  }

  async #endUnstarted(failure: Failure): Promise<CommandEnd> {
    await this.#cgroup?.remove();
    this.#surroundings.strays.end(this.#number);
    const exitCode = failure.exitCode ?? null;
    return { exitCode, signal: null, failure, startedAt: this.#startedAt, endedAt: epochMs(), stderrTail: '' };
  }
}
