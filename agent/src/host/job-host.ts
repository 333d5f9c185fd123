import type { Duplex } from 'node:stream';
import { DurableDesk } from '../durable/durable-desk.js';
import { UnreadJobs } from '../durable/unread-jobs.js';
import { JobJournal } from '../journal/job-journal.js';
import { OomWatch } from '../memory/oom-watch.js';
import { identityOf, type ProcessIdentity } from '../process/process-identity.js';
import type { MachineRequest } from '../protocol/machine-messages.js';
import { type ClientMessage, type Failure, type MachineInfo, protocolVersion } from '../protocol/messages.js';
import type { TaskSpan } from '../protocol/tasks.js';
import { Admission, type Capacity } from './admission.js';
import { ClientConnection, type ConnectionHandler } from './client-connection.js';
import { CommandRunner } from './command-runner.js';
import { Connections } from './connections.js';
import { grantCredit, letSendAgain } from './credit.js';
import { FunctionRunner } from './function-runner.js';
import { HostJob, journalBacklogBytes } from './host-job.js';
import type { JobHostOptions } from './job-host-options.js';
import { holdsUpOthers, isOtherStarving, jobsInLine } from './line.js';
import { LiveJobs } from './live-jobs.js';
import { machineInfo } from './machine-info.js';
import { MemoryGuard } from './memory-guard.js';
import { recordFailure, refusalOf } from './refusal.js';
import { dropShared, expectsShared, spoolShared } from './shared-input.js';

/** Runs the jobs of its clients: admits tasks by what they ask for, journals what happens, and tells it. */
export class JobHost implements ConnectionHandler {
  readonly #options: JobHostOptions;
  readonly admission: Admission;
  readonly #functions: FunctionRunner;
  readonly #commands: CommandRunner;
  readonly #guard: MemoryGuard;
  readonly #identity: ProcessIdentity;
  readonly #desk: DurableDesk;
  readonly connections = new Connections();
  readonly #jobs = new LiveJobs();
  #lastJob = 0;
  #pumping = false;

  constructor(options: JobHostOptions) {
    this.#options = options;
    this.admission = new Admission(options.capacity);
    this.#identity = identityOf(process.pid) ?? { pid: process.pid, startTicks: 0 };
    const env: NodeJS.ProcessEnv = { ...(options.env ?? process.env), MEGALITH_SOCKET: options.socketPath };
    const oom = new OomWatch();
    let lastSlot = 0;
    const nextSlot = (): number => ++lastSlot;
    const hooks = {
      settled: (job: HostJob) => this.#settled(job),
      freed: () => this.#pumpSoon(),
      jobFailed: (job: HostJob, failure: Failure) => this.#jobFailed(job, failure),
      isOtherStarving: (job: HostJob) => isOtherStarving(this.#jobs, job),
    };
    const { entryFile, home, idleMs, heapMiB, capacity } = options;
    const keep = Math.max(1, Math.ceil(capacity.cpus));
    this.#functions = new FunctionRunner(
      { entryFile, home, cwd: process.cwd(), env, nextSlot, keep, idleMs, heapMiB },
      this.admission,
      oom,
      hooks,
    );
    this.#commands = new CommandRunner(this.admission, env, oom, nextSlot, hooks);
    this.#desk = new DurableDesk({
      home: options.home,
      identity: this.#identity,
      nextNumber: () => ++this.#lastJob,
      started: job => this.#started(job),
      changed: job => {
        this.#settled(job);
        this.#pumpSoon();
      },
      failed: (job, failure) => this.#jobFailed(job, failure),
      unread: options.unread ?? new UnreadJobs(),
      grant: job => this.#grant(job),
    });
    this.#guard = new MemoryGuard(this.#functions, this.#commands, options.capacity.memoryBytes, options.memory);
  }

  /** Serves one client until its stream closes. */
  serve(socket: Duplex): ClientConnection {
    const ready = { type: 'ready', version: protocolVersion, machine: this.machine } as const;
    const connection = new ClientConnection(socket, this, ready);
    this.connections.add(connection);
    this.#options.onChange?.();
    return connection;
  }

  /** Has a slot ready before the first job comes. Settles when it is, or cannot be. */
  prepare(): Promise<void> {
    return this.#functions.prepare();
  }

  get machine(): MachineInfo {
    return machineInfo(this.#options.capacity);
  }

  /** So much of the machine is held by another agent's jobs. */
  reserve(load: Capacity): void {
    this.admission.reserve(load);
    this.#pumpSoon();
  }

  /** The jobs that are not over, oldest first. */
  get jobs(): readonly HostJob[] {
    return [...this.#jobs];
  }

  /** Goes on with the durable jobs of a host that was killed. Call it before the first client is served. */
  resume(): Promise<void> {
    return this.#desk.resume();
  }

  submit(connection: ClientConnection, message: ClientMessage & { type: 'submit' }): void {
    const { spec } = message;
    const isNested = connection.insideSlot !== undefined;
    const refused = (isNested ? undefined : this.#options.refuse?.(spec)) ?? refusalOf(spec, this.admission.capacity);
    if (message.durable === true && this.#options.onRequest !== undefined) {
      this.#desk.submit(connection, message, refused);
      return;
    }
    if (refused !== undefined) {
      connection.send({ type: 'jobFailed', job: spec.job, failure: refused });
      return;
    }
    const number = ++this.#lastJob;
    let job: HostJob;
    try {
      const journal = JobJournal.open(this.#options.home, spec, {
        host: this.#identity,
        onError: error => this.#jobFailed(job, recordFailure(error)),
      });
      job = new HostJob(number, spec, connection, journal, this.#options.home);
    } catch (error) {
      connection.send({ type: 'jobFailed', job: spec.job, failure: recordFailure(error) });
      return;
    }
    job.ready = !expectsShared(spec);
    if (connection.insideSlot !== undefined && connection.jobs.size === 0) this.#lend(connection.insideSlot, true);
    connection.jobs.set(spec.job, job);
    this.#started(job);
    this.#grant(job);
  }

  #started(job: HostJob): void {
    this.#jobs.add(job, reason => this.#stop(job, reason));
    this.#options.onChange?.();
    this.#pumpSoon();
  }

  #lend(slot: number, waiting: boolean): void {
    this.#functions.lend(slot, waiting);
    this.#commands.lend(slot, waiting);
  }

  tasks(connection: ClientConnection, number: number, span: TaskSpan): void {
    const job = connection.jobs.get(number);
    if (job === undefined) return;
    const allowance = connection.feeds.get(number) ?? job.allowance;
    allowance.grantedTasks -= span.length;
    allowance.grantedBytes -= span.byteLength;
    if (job.durable === undefined) this.#take(job, span);
    else for (const fresh of this.#desk.received(connection, number, job, span)) this.#take(job, fresh);
    this.#settled(job);
    this.#pumpSoon();
  }

  #take(job: HostJob, span: TaskSpan): void {
    job.received += span.length;
    if (job.stopped !== undefined) {
      job.failTasks([span], job.stopped);
    } else {
      job.queue.push(span);
      // A task may be cancelled before it has come.
      if (job.cancelled.size > 0) job.dropCancelled();
    }
  }

  shared(connection: ClientConnection, number: number, position: number, bytes: Buffer): void {
    const job = connection.jobs.get(number);
    if (job === undefined || job.spec.work.kind !== 'function' || job.over) return;
    const missing =
      job.durable === undefined ? bytes : this.#desk.missingShared(connection, number, job, position, bytes);
    const failure = spoolShared(job, position, missing);
    if (failure !== undefined) this.#jobFailed(job, failure);
    job.ready = job.waitsFor === undefined;
    this.#pumpSoon();
  }

  filesReady(connection: ClientConnection, number: number): void {
    const job = connection.jobs.get(number);
    if (job?.durable === undefined || job.over || !job.durable.awaitsFiles) return;
    job.durable.awaitsFiles = false;
    job.journal.filesReady();
    job.ready = job.waitsFor === undefined;
    this.#pumpSoon();
  }

  request(connection: ClientConnection, request: MachineRequest): void {
    if (this.#options.onRequest !== undefined) this.#options.onRequest(connection, request);
    else connection.send({ type: 'refused', failure: { code: 'USAGE', message: 'this host belongs to one client' } });
  }

  release(connection: ClientConnection, number: number): void {
    if (connection.readers.has(number)) this.#desk.leave(connection, number);
    else connection.jobs.delete(number);
    this.#options.onChange?.();
  }

  /** Ends what has not begun, or all. Jobs that tasks start end with those. */
  giveUp(failure: Failure, what: 'waiting' | 'all'): void {
    for (const job of this.jobs.filter(one => one.connection.insideSlot === undefined)) {
      job.giveUp(failure, what);
      this.#endCancelled(job);
    }
  }

  /** Tasks that were told to end are not waited for any longer. */
  hurry(): void {
    this.#functions.hurry();
    this.#commands.hurry();
  }

  end(connection: ClientConnection, number: number, taskCount: number): void {
    const job = connection.jobs.get(number);
    const feed = connection.feeds.get(number);
    if (feed !== undefined) feed.hasEnded = true;
    if (job === undefined || job.taskCount !== undefined) return;
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
    this.connections.delete(connection);
    for (const [number, job] of [...connection.jobs]) {
      if (job.durable === undefined) this.#stop(job, 'its client is gone');
      else this.#desk.leave(connection, number);
    }
    for (const reader of connection.readers.values()) reader.close();
    this.#options.onChange?.();
  }

  #settled(job: HostJob): void {
    if (job.over) return;
    if (job.halted) {
      job.halted = false;
      this.#endCancelled(job);
      return;
    }
    this.#grant(job);
    if (job.finished) this.#over(job);
  }

  #over(job: HostJob, failure?: Failure): void {
    job.over = true;
    this.#functions.pool.forget(job);
    dropShared(job);
    const { connection } = job;
    connection.jobs.delete(job.spec.job);
    if (connection.insideSlot !== undefined && connection.jobs.size === 0) this.#lend(connection.insideSlot, false);
    const state = job.stopped?.code === 'CANCELLED' ? 'cancelled' : failure === undefined ? undefined : 'failed';
    this.#jobs.delete(job, state, failure, () => {
      if (job.durable !== undefined) this.#desk.over(job);
      this.#options.onChange?.();
    });
    if (failure === undefined) connection.send({ type: 'jobEnded', job: job.spec.job, peakSlots: job.peakSlots });
    this.#pumpSoon();
  }

  /** Lets the client send more, in portions worth a message. */
  #grant(job: HostJob): void {
    if (job.taskCount !== undefined) letSendAgain(job);
    // A slow disk: take no more in before it has caught up.
    else if (job.journal.pending > journalBacklogBytes) void job.journal.drained().then(() => this.#settled(job));
    else {
      const { requirements, slots = Number.POSITIVE_INFINITY } = job.spec;
      grantCredit(job, Math.min(slots, this.admission.slots(requirements)));
    }
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Deals out free slots. */
  #pump(): void {
    for (const job of jobsInLine(this.#jobs)) {
      if (job.spec.work.kind === 'command') this.#commands.pump(job, job.spec.work);
      else this.#functions.pump(job);
      if (holdsUpOthers(job)) return;
    }
  }

  /** Settles when all that happened so far is on disk. */
  async written(): Promise<void> {
    await Promise.all([this.#jobs.closed(), ...this.jobs.map(job => job.journal.flush())]);
  }

  /** Ends everything, and settles when nothing is left. */
  async close(): Promise<void> {
    this.#guard.close();
    for (const job of [...this.#jobs]) {
      if (!job.over) {
        job.stop({ code: 'CANCELLED', message: 'cancelled: its host ends' });
        this.#over(job);
      }
    }
    this.#functions.close();
    await this.#commands.close();
    await this.#jobs.closed();
    this.connections.close();
  }
}
