import type { OomWatch } from '../memory/oom-watch.js';
import { epochMs } from '../process/epoch-clock.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import type { FromSlot } from '../slot/slot-messages.js';
import type { Admission } from './admission.js';
import { batchSize, isFedAt } from './batch-size.js';
import type { HostJob } from './host-job.js';
import type { Slot } from './slot.js';
import { processDeath, settleDeath, threadDeath } from './slot-death.js';
import { isThreaded, type SlotGroup, SlotPool, type SlotPoolOptions } from './slot-pool.js';
import type { SlotProcessEnd } from './slot-process.js';
import { takeOutput, takeRecords } from './slot-records.js';
import { SlotWatch } from './slot-watch.js';

export interface RunnerHooks {
  /** Tasks of the job had their last event. */
  settled(job: HostJob): void;
  /** Slots or admission became free. */
  freed(): void;
  /** The job as a whole cannot run. */
  jobFailed(job: HostJob, failure: Failure): void;
  /** Whether some other job waits and has no slot at all. */
  isOtherStarving(job: HostJob): boolean;
}

/** A slot that dies this often before its first task, while it starts or loads the module, always will. */
const startDeathLimit = 2;

/** Runs functions in slots. */
export class FunctionRunner {
  readonly pool: SlotPool;
  readonly #admission: Admission;
  readonly #hooks: RunnerHooks;
  readonly #oom: OomWatch;
  readonly #watch: SlotWatch;
  readonly #preparing = new Map<Slot, () => void>();

  constructor(options: Omit<SlotPoolOptions, 'oomMark'>, admission: Admission, oom: OomWatch, hooks: RunnerHooks) {
    this.#admission = admission;
    this.#hooks = hooks;
    this.#oom = oom;
    this.pool = new SlotPool(
      { ...options, oomMark: () => oom.mark() },
      {
        message: (group, message) => this.#receive(group, message),
        records: (slot, payload) => this.#records(slot, payload),
        output: takeOutput,
        ended: (group, end) => this.#processEnded(group, end),
      },
    );
    this.#watch = new SlotWatch(this.pool);
  }

  /** Starts a slot that no job has asked for. Settles when it is ready, or has ended. */
  prepare(): Promise<void> {
    const slot = this.pool.prepare();
    return new Promise(resolve => this.#preparing.set(slot, resolve));
  }

  #prepared(slot: Slot): void {
    this.#preparing.get(slot)?.();
    this.#preparing.delete(slot);
  }

  /** Gives the job as many slots as it can use and as fit. */
  pump(job: HostJob): void {
    let starting = 0;
    for (const slot of this.pool.slots()) {
      if (slot.assigned === job && (slot.state === 'starting' || slot.loading === job)) starting++;
    }
    while (job.waiting > starting && job.mayHaveSlot && this.#admission.fits(job.spec.requirements)) {
      if (isThreaded(job) && job.suspects.length > 0 && job.slots > 0) return;
      const slot = this.pool.idle(job, job.suspects[0]?.needsFreshSlot ?? false) ?? this.pool.start(job);
      this.#assign(slot, job);
      // A slot that is ready and loaded has taken tasks already.
      if (slot.length === 0) starting++;
    }
  }

  #assign(slot: Slot, job: HostJob): void {
    this.#admission.take(job.spec.requirements);
    slot.assigned = job;
    job.slots++;
    job.peakSlots = Math.max(job.peakSlots, job.slots);
    if (slot.state === 'ready') this.#begin(slot, job);
  }

  #begin(slot: Slot, job: HostJob): void {
    if (slot.loaded.has(job)) {
      this.#feed(slot);
      return;
    }
    slot.loading = job;
    slot.process.send({
      type: 'load',
      executor: slot.executor,
      load: { job: job.number, ...job.bundle, env: job.env, cwd: job.spec.cwd, ...storageOf(job.spec) },
    });
    // The slot keeps tasks until the module is there.
    this.#feed(slot);
  }

  #release(slot: Slot): void {
    const job = slot.assigned;
    if (job === undefined) return;
    slot.assigned = undefined;
    slot.idleSince = Date.now();
    job.slots--;
    this.#admission.give(job.spec.requirements, slot.lent);
    slot.lent = false;
    this.#hooks.freed();
  }

  /** Keeps a slot in work: sends the next batch while the last one is still running. */
  #feed(slot: Slot): void {
    const job = slot.assigned;
    // While an answer to a nudge is on its way, nobody knows which tasks the slot still has.
    if (job === undefined || slot.state !== 'ready' || slot.nudged) return;
    if (slot.length > 0 && (slot.loading !== undefined || job.oneByOne)) return;
    if (slot.length === 0 && this.#sendSuspect(slot, job)) return;
    const mayTake = slot.verdict === undefined && slot.running === undefined && job.suspects.length === 0;
    const facts = { taskMs: job.taskMs, previous: job.lastBatch, queued: job.queue.length, slots: job.slots };
    if (mayTake && isFedAt(slot.length, facts) && !(slot.length > 0 && this.#hooks.isOtherStarving(job))) {
      this.#sendBatch(slot, job);
    }
    if (slot.length === 0 && slot.loading === undefined) this.#release(slot);
  }

  #sendBatch(slot: Slot, job: HostJob): void {
    const size = job.oneByOne
      ? Math.min(1, job.queue.length)
      : batchSize({ taskMs: job.taskMs, previous: job.lastBatch, queued: job.queue.length, slots: job.slots });
    if (size === 0) return;
    job.lastBatch = size;
    // Tasks lie as they came, in several pieces of memory.
    for (let left = size; left > 0; ) {
      const span = job.queue.take(left);
      if (span === undefined) break;
      left -= span.length;
      job.running += span.length;
      slot.send(job, span);
    }
    this.#watch.start();
  }

  #sendSuspect(slot: Slot, job: HostJob): boolean {
    const suspect = job.suspects[0];
    if (suspect === undefined || (suspect.needsFreshSlot && !slot.fresh)) return false;
    if (isThreaded(job) && job.slots > 1) return false;
    job.suspects.shift();
    job.running++;
    slot.send(job, suspect.span);
    this.#watch.start();
    return true;
  }

  #records(slot: Slot, payload: Buffer): void {
    const jobs = takeRecords(slot, payload);
    this.#feed(slot);
    for (const job of jobs) this.#hooks.settled(job);
  }

  #receive(group: SlotGroup, message: FromSlot): void {
    if (message.type === 'shareFailed') {
      for (const slot of group.slots.values()) {
        if (slot.assigned?.number === message.job) this.#hooks.jobFailed(slot.assigned, message.failure);
      }
      return;
    }
    const slot = group.slots.get(message.executor);
    if (slot === undefined) return;
    switch (message.type) {
      case 'up':
        slot.state = 'ready';
        this.#prepared(slot);
        if (slot.assigned === undefined) this.#hooks.freed();
        else if (slot.assigned.over) this.#release(slot);
        else this.#begin(slot, slot.assigned);
        return;
      case 'loaded':
        if (slot.loading === undefined) return;
        slot.loaded.add(slot.loading);
        if (slot.loading.over) this.pool.forget(slot.loading);
        slot.loading = undefined;
        this.#feed(slot);
        return;
      case 'loadFailed': {
        const job = slot.loading;
        slot.loading = undefined;
        for (const { span } of slot.takeBack(0)) job?.takeBack(span);
        if (job !== undefined) this.#hooks.jobFailed(job, message.failure);
        this.#release(slot);
        return;
      }
      case 'state':
        this.#stateOf(slot, message.next, message.startedAt);
        return;
      case 'ending':
        slot.ending = message;
        // A thread is gone with this; a process says so itself when it is.
        if (group.process.kind === 'threads') this.#threadEnded(group, slot);
    }
  }

  /** A slot says how far it is, and what it had not begun is free again. */
  #stateOf(slot: Slot, next: number, startedAt: number): void {
    slot.nudged = false;
    // A slot also passes over the tasks of a module that does not load; none of those has begun.
    const begun = slot.loading === undefined ? slot.begunBefore(next) : 0;
    for (const { job, span } of slot.takeBack(begun)) {
      job.takeBack(span);
      this.#hooks.settled(job);
    }
    const head = slot.head;
    if (begun === 1 && head !== undefined) {
      const index = head.span.indexOf(0);
      const attempt = head.span.attemptOf(0);
      slot.running = { ...head, ticket: slot.headTicket ?? next, startedAt };
      head.job.started({ index, attempt }, startedAt, slot.id);
      const ended = head.job.endOf(index);
      if (ended !== undefined) this.endRunning(slot, ended);
      else this.#armTimeout(slot);
    }
    this.#feed(slot);
    this.#hooks.freed();
  }

  #armTimeout(slot: Slot): void {
    const running = slot.running;
    const timeoutMs = running?.job.spec.requirements.timeoutMs;
    if (running === undefined || timeoutMs === undefined) return;
    const leftMs = running.startedAt + timeoutMs - epochMs();
    const overdue = (): void =>
      this.endRunning(slot, {
        code: 'TIMED_OUT',
        message: `the task did not end within its time limit of ${timeoutMs} ms`,
        hint: 'raise the timeout, or split the task',
        details: { timeoutMs },
      });
    slot.timers.push(setTimeout(overdue, Math.max(0, leftMs)));
  }

  /** Ends the task that runs in a slot: it is asked to, and after the grace its slot is killed. */
  endRunning(slot: Slot, failure: Failure, graceMs = slot.running?.job.spec.requirements.graceMs ?? 0): void {
    if (slot.running === undefined || slot.verdict !== undefined) return;
    slot.clearTimers();
    slot.verdict = failure;
    slot.process.send({ type: 'abort', executor: slot.executor, ticket: slot.running.ticket, reason: failure.message });
    slot.timers.push(setTimeout(() => this.#kill(slot), graceMs));
  }

  #kill(slot: Slot): void {
    slot.state = 'ending';
    if (slot.process.kind === 'slot') {
      slot.process.kill();
      return;
    }
    slot.process.send({ type: 'endThread', executor: slot.executor });
    // A thread in native code cannot be ended alone.
    slot.timers.push(setTimeout(() => slot.process.kill(), threadKillMs));
  }

  /** What was told to end ends now: nobody waits for a grace any more. */
  hurry(): void {
    for (const slot of this.pool.slots()) if (slot.verdict !== undefined) this.#kill(slot);
  }

  /** The client wants the job, or tasks of it, to end: every slot that has some is asked how far it is. */
  cancel(job: HostJob): void {
    for (const slot of this.pool.slots()) {
      if (slot.assigned !== job) continue;
      const index = slot.running?.span.indexOf(0);
      const ended = index === undefined ? undefined : job.endOf(index);
      if (ended !== undefined) this.endRunning(slot, ended);
      else if (slot.length > 0) this.#watch.nudge(slot);
      else if (job.stopped !== undefined && slot.loading === undefined && slot.state === 'ready') this.#release(slot);
    }
  }

  /** A task waits for jobs of its own: meanwhile its cpus are theirs. */
  lend(slotId: number, waiting: boolean): void {
    for (const slot of this.pool.slots()) {
      if (slot.id !== slotId || slot.assigned === undefined || slot.lent === waiting) continue;
      slot.lent = waiting;
      this.#admission.lend(slot.assigned.spec.requirements, waiting);
      this.#hooks.freed();
    }
  }

  #threadEnded(group: SlotGroup, slot: Slot): void {
    group.slots.delete(slot.executor);
    this.#bury(slot, threadDeath(slot));
    this.#hooks.freed();
  }

  #processEnded(group: SlotGroup, end: SlotProcessEnd): void {
    const oomKills = end.signal === 'SIGKILL' ? this.#oom.claim(group.oomMark) : 0;
    const slots = [...group.slots.values()];
    group.slots.clear();
    const severalDied = slots.filter(slot => slot.length > 0).length > 1;
    for (const slot of slots) {
      this.#prepared(slot);
      this.#bury(slot, processDeath(slot, end, oomKills), severalDied);
    }
    this.#hooks.freed();
  }

  #bury(slot: Slot, failure: Failure, severalDied = false): void {
    const starting = slot.state === 'starting' ? slot.assigned : slot.loading;
    // A slot that ran tasks before may have died of something older.
    if (slot.settledCount === 0 && starting !== undefined) this.#diedStarting(starting, failure);
    const jobs = settleDeath(slot, failure, severalDied);
    slot.loading = undefined;
    this.#release(slot);
    for (const job of jobs) this.#hooks.settled(job);
  }

  #diedStarting(job: HostJob, failure: Failure): void {
    job.startDeaths++;
    if (job.startDeaths < startDeathLimit) return;
    const { stderrTail = '' } = failure;
    const said = stderrTail === '' ? '' : `; it said: ${stderrTail.trim()}`;
    this.#hooks.jobFailed(job, { ...failure, message: `${failure.message}: before it could begin${said}` });
  }

  close(): void {
    this.#watch.stop();
    for (const slot of this.pool.slots()) slot.clearTimers();
    this.pool.close();
  }
}

function storageOf({ storage }: JobSpec): Pick<JobSpec, 'storage'> {
  return storage === undefined ? {} : { storage };
}

/** How long a thread that was told to end may take before its whole group is killed, milliseconds. */
const threadKillMs = 2000;
