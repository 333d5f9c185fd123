import { appendFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { isMegalithError } from '../errors.js';
import { watchCancelRequest } from '../journal/cancel-request.js';
import { JobJournal } from '../journal/job-journal.js';
import { OomWatch } from '../memory/oom-watch.js';
import { identityOf, type ProcessIdentity } from '../process/process-identity.js';
import type { ClientMessage, Failure, HostMessage, JobSpec } from '../protocol/messages.js';
import { protocolVersion } from '../protocol/messages.js';
import type { TaskSpan } from '../protocol/tasks.js';
import { Admission, type Capacity } from './admission.js';
import { ClientConnection, type ConnectionHandler } from './client-connection.js';
import { windowBytes, windowTasks } from './client-window.js';
import { CommandRunner } from './command-runner.js';
import { FunctionRunner } from './function-runner.js';
import { HostJob, journalBacklogBytes } from './host-job.js';
import { MemoryGuard } from './memory-guard.js';
import { sharedSpool } from './slot-pool.js';

export interface JobHostOptions {
  /** The agent's one file, for slots to start from. */
  readonly entryFile: string;
  /** Where journals and bundles lie. */
  readonly home: string;
  readonly capacity: Capacity;
  /** Where a task finds this host, to start jobs of its own. */
  readonly socketPath: string;
}

/** Runs the jobs of its clients: admits tasks by what they ask for, journals what happens, and tells it. */
export class JobHost implements ConnectionHandler {
  readonly #options: JobHostOptions;
  readonly #admission: Admission;
  readonly #functions: FunctionRunner;
  readonly #commands: CommandRunner;
  readonly #guard: MemoryGuard;
  readonly #identity: ProcessIdentity;
  readonly #connections = new Set<ClientConnection>();
  readonly #jobs = new Map<number, HostJob>();
  readonly #watches = new Map<HostJob, () => void>();
  /** Journals that are being closed. */
  readonly #endings = new Set<Promise<void>>();
  #lastJob = 0;
  #pumping = false;

  constructor(options: JobHostOptions) {
    this.#options = options;
    this.#admission = new Admission(options.capacity);
    this.#identity = identityOf(process.pid) ?? { pid: process.pid, startTicks: 0 };
    const env: NodeJS.ProcessEnv = { ...process.env, MEGALITH_SOCKET: options.socketPath };
    const oom = new OomWatch();
    let lastSlot = 0;
    const nextSlot = (): number => ++lastSlot;
    const hooks = {
      settled: (job: HostJob) => this.#settled(job),
      freed: () => this.#pumpSoon(),
      jobFailed: (job: HostJob, failure: Failure) => this.#jobFailed(job, failure),
      isOtherStarving: (job: HostJob) => this.#isOtherStarving(job),
    };
    this.#functions = new FunctionRunner(
      {
        entryFile: options.entryFile,
        home: options.home,
        cwd: process.cwd(),
        env,
        nextSlot,
        keep: Math.max(1, Math.ceil(options.capacity.cpus)),
      },
      this.#admission,
      oom,
      hooks,
    );
    this.#commands = new CommandRunner(this.#admission, env, oom, nextSlot, hooks);
    this.#guard = new MemoryGuard(this.#functions, this.#commands, options.capacity.memoryBytes);
  }

  /** Serves one client until its socket closes. */
  serve(socket: Socket): ClientConnection {
    const { cpus, memoryBytes } = this.#options.capacity;
    const ready: HostMessage = {
      type: 'ready',
      version: protocolVersion,
      machine: {
        hostname: hostname(),
        cpus,
        usableMemoryBytes: memoryBytes,
        nodeVersion: process.version,
        pid: process.pid,
      },
    };
    const connection = new ClientConnection(socket, this, ready);
    this.#connections.add(connection);
    return connection;
  }

  submit(connection: ClientConnection, { spec }: ClientMessage & { type: 'submit' }): void {
    const refused = this.#refuse(spec);
    if (refused !== undefined) {
      connection.send({ type: 'jobFailed', job: spec.job, failure: refused });
      return;
    }
    const number = ++this.#lastJob;
    let job: HostJob;
    try {
      const journal = JobJournal.open(this.#options.home, spec, {
        host: this.#identity,
        onError: error => this.#jobFailed(job, refusalOf(error)),
      });
      job = new HostJob(number, spec, connection, journal, this.#options.home);
    } catch (error) {
      connection.send({ type: 'jobFailed', job: spec.job, failure: refusalOf(error) });
      return;
    }
    job.ready = !expectsBytes(spec);
    if (connection.insideSlot !== undefined && connection.jobs.size === 0) this.#lend(connection.insideSlot, true);
    connection.jobs.set(spec.job, job);
    this.#jobs.set(number, job);
    const onCancel = ({ reason }: { reason: string }): void => this.#stop(job, reason);
    const onError = (error: unknown): void => this.#stop(job, `its cancel request cannot be read: ${String(error)}`);
    this.#watches.set(job, watchCancelRequest(job.journal.dir, onCancel, onError));
    this.#grant(job);
  }

  #lend(slot: number, waiting: boolean): void {
    this.#functions.lend(slot, waiting);
    this.#commands.lend(slot, waiting);
  }

  #refuse({ requirements, name }: JobSpec): Failure | undefined {
    const { cpus, memoryBytes } = this.#admission.capacity;
    if (requirements.cpus > cpus) {
      return {
        code: 'OVER_CPUS',
        message: `one task of "${name}" asks for ${requirements.cpus} cpus, and this machine has ${cpus}`,
        hint: 'ask for fewer cpus, or run it on a larger machine',
      };
    }
    if ((requirements.memoryBytes ?? 0) > memoryBytes) {
      return {
        code: 'OVER_MEMORY',
        message: `one task of "${name}" asks for ${requirements.memoryBytes} bytes of memory, and this machine has ${memoryBytes} to give`,
        hint: 'ask for less memory, or run it on a larger machine',
      };
    }
    return undefined;
  }

  tasks(connection: ClientConnection, number: number, span: TaskSpan): void {
    const job = connection.jobs.get(number);
    if (job === undefined) return;
    job.received += span.length;
    job.grantedTasks -= span.length;
    job.grantedBytes -= span.byteLength;
    if (job.stopped !== undefined) {
      job.failTasks([span], job.stopped);
    } else {
      job.queue.push(span);
      // A task may be cancelled before it has come.
      if (job.cancelled.size > 0) job.dropCancelled();
    }
    this.#settled(job);
    this.#pumpSoon();
  }

  shared(connection: ClientConnection, number: number, position: number, bytes: Buffer): void {
    const job = connection.jobs.get(number);
    if (job === undefined || job.spec.work.kind !== 'function') return;
    try {
      appendFileSync(sharedSpool(job, position), bytes, { mode: 0o600 });
    } catch (error) {
      this.#jobFailed(job, {
        code: 'DISK_FULL',
        message: `a shared input cannot be stored: ${(error as Error).message}`,
      });
      return;
    }
    job.sharedBytesMissing -= bytes.length;
    job.ready = job.sharedBytesMissing <= 0;
    this.#pumpSoon();
  }

  end(connection: ClientConnection, number: number, taskCount: number): void {
    const job = connection.jobs.get(number);
    if (job === undefined) return;
    job.taskCount = taskCount;
    job.journal.complete(taskCount);
    this.#settled(job);
  }

  cancel(connection: ClientConnection, number: number, reason: string, indexes?: readonly number[]): void {
    const job = connection.jobs.get(number);
    if (job === undefined) return;
    job.journal.cancelled(reason, indexes);
    if (indexes === undefined) {
      this.#stop(job, reason);
      return;
    }
    const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${reason}` };
    for (const index of indexes) job.cancelled.set(index, failure);
    job.dropCancelled();
    this.#endCancelled(job);
  }

  #stop(job: HostJob, reason: string): void {
    job.stop({ code: 'CANCELLED', message: `cancelled: ${reason}` });
    this.#endCancelled(job);
  }

  #endCancelled(job: HostJob): void {
    if (job.spec.work.kind === 'command') this.#commands.cancel(job);
    else this.#functions.cancel(job);
    this.#settled(job);
  }

  #jobFailed(job: HostJob, failure: Failure): void {
    if (job.over) return;
    job.connection.send({ type: 'jobFailed', job: job.spec.job, failure });
    job.stop(failure);
    this.#endCancelled(job);
    this.#over(job, failure);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    for (const job of [...connection.jobs.values()]) this.#stop(job, 'its client is gone');
  }

  #settled(job: HostJob): void {
    if (job.over) return;
    this.#grant(job);
    if (job.finished) this.#over(job);
  }

  #over(job: HostJob, failure?: Failure): void {
    job.over = true;
    this.#watches.get(job)?.();
    this.#watches.delete(job);
    this.#jobs.delete(job.number);
    this.#functions.pool.forget(job);
    for (let position = 0; position < sharedCount(job.spec); position++)
      rmSync(sharedSpool(job, position), { force: true });
    const { connection } = job;
    connection.jobs.delete(job.spec.job);
    if (connection.insideSlot !== undefined && connection.jobs.size === 0) this.#lend(connection.insideSlot, false);
    const state = job.stopped?.code === 'CANCELLED' ? 'cancelled' : failure === undefined ? undefined : 'failed';
    // A journal that cannot be written has said so through its `onError`.
    const ending = job.journal.ended(state, failure).then(
      () => undefined,
      () => undefined,
    );
    this.#endings.add(ending);
    void ending.then(() => this.#endings.delete(ending));
    if (failure === undefined) connection.send({ type: 'jobEnded', job: job.spec.job, peakSlots: job.peakSlots });
    this.#pumpSoon();
  }

  /** Lets the client send more, in portions worth a message. */
  #grant(job: HostJob): void {
    if (job.taskCount !== undefined) return;
    if (job.journal.pending > journalBacklogBytes) {
      // A slow disk: take no more in before it has caught up.
      void job.journal.drained().then(() => this.#settled(job));
      return;
    }
    const slots = Math.max(1, this.#admission.slots(job.spec.requirements));
    const window = windowTasks({ slots, taskMs: job.taskMs });
    const tasks = window - (job.received - job.settled) - job.grantedTasks;
    const starved = job.grantedBytes <= 0 && job.queue.byteLength * 2 < windowBytes;
    if (tasks * 2 < window && !starved) return;
    if (job.queue.byteLength >= windowBytes) return;
    const more = Math.max(0, tasks);
    job.grantedTasks += more;
    job.grantedBytes = windowBytes - job.queue.byteLength;
    job.connection.send({ type: 'credit', job: job.spec.job, tasks: more, bytes: job.grantedBytes });
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Deals out free slots: jobs with the fewest come first, so that no job waits for the end of another. */
  #pump(): void {
    const jobs = [...this.#jobs.values()].filter(job => job.ready && job.waiting > 0 && job.stopped === undefined);
    jobs.sort((a, b) => a.slots - b.slots || a.number - b.number);
    for (const job of jobs) {
      if (job.spec.work.kind === 'command') this.#commands.pump(job, job.spec.work);
      else this.#functions.pump(job);
    }
  }

  #isOtherStarving(job: HostJob): boolean {
    if (this.#jobs.size === 1) return false;
    for (const other of this.#jobs.values()) {
      if (other !== job && other.ready && other.slots === 0 && other.waiting > 0) return true;
    }
    return false;
  }

  /** Ends everything, and settles when nothing is left. */
  async close(): Promise<void> {
    this.#guard.close();
    for (const job of [...this.#jobs.values()]) {
      if (!job.over) {
        job.stop({ code: 'CANCELLED', message: 'cancelled: its host ends' });
        this.#over(job);
      }
    }
    this.#functions.close();
    await this.#commands.close();
    await Promise.all(this.#endings);
    for (const connection of this.#connections) connection.close();
  }
}

function expectsBytes(spec: JobSpec): boolean {
  return (
    spec.work.kind === 'function' && spec.work.shared.some(shared => shared.source === 'bytes' && shared.byteLength > 0)
  );
}

function sharedCount(spec: JobSpec): number {
  return spec.work.kind === 'function' ? spec.work.shared.length : 0;
}

function refusalOf(error: unknown): Failure {
  if (!isMegalithError(error))
    return { code: 'JOURNAL_FAILED', message: `the job cannot be recorded: ${String(error)}` };
  const code = error.code === 'DISK_FULL' || error.code === 'USAGE' ? error.code : 'JOURNAL_FAILED';
  return { code, message: error.message, ...hintOf(error) };
}

function hintOf(error: { readonly hint?: string | undefined }): { readonly hint?: string } {
  return error.hint === undefined ? {} : { hint: error.hint };
}
