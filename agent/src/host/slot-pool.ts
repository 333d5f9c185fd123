import { raiseOomScore } from '../memory/oom-score.js';
import { soleExecutor } from '../slot/process-slot.js';
import type { FromSlot, SharedOrigin } from '../slot/slot-messages.js';
import { storeBundle } from './bundle-file.js';
import type { HostJob } from './host-job.js';
import { Slot } from './slot.js';
import { SlotProcess, type SlotProcessEnd } from './slot-process.js';

/** A process and its slots: one, or a thread each. */
export interface SlotGroup {
  readonly process: SlotProcess;
  /** Which jobs may use it: those with the same key. */
  readonly key: string;
  readonly slots: Map<number, Slot>;
  /** Kernel kills for lack of memory when it started. */
  readonly oomMark: number;
}

export interface SlotPoolOptions {
  readonly entryFile: string;
  readonly home: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Slots above this number are ended rather than kept. */
  readonly keep: number;
  /** Slots that idle for so long are ended, milliseconds; Infinity keeps them. @defaultValue 60,000 */
  readonly idleMs?: number | undefined;
  /** V8's heap in every slot, mebibytes. @defaultValue what its tasks ask for */
  readonly heapMiB?: number | undefined;
  readonly oomMark: () => number;
  /** Numbers that no other slot of the host has. */
  readonly nextSlot: () => number;
}

export interface SlotPoolHooks {
  message(group: SlotGroup, message: FromSlot): void;
  records(slot: Slot, payload: Buffer): void;
  output(group: SlotGroup, stream: 'stdout' | 'stderr', bytes: Buffer): void;
  ended(group: SlotGroup, end: SlotProcessEnd): void;
}

const defaultIdleMs = 60_000;
const mebibyte = 2 ** 20;

interface GroupStart {
  readonly kind: SlotProcess['kind'];
  readonly key: string;
  readonly heap: number | undefined;
  readonly cwd: string;
}

/** Starts slots, finds idle ones, and ends those that nobody needs. */
export class SlotPool {
  readonly #options: SlotPoolOptions;
  readonly #hooks: SlotPoolHooks;
  readonly #groups = new Set<SlotGroup>();
  readonly #sweep: NodeJS.Timeout | undefined;

  constructor(options: SlotPoolOptions, hooks: SlotPoolHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const { idleMs = defaultIdleMs } = options;
    if (idleMs !== Number.POSITIVE_INFINITY) {
      this.#sweep = setInterval(() => this.#endIdle(Date.now() - idleMs), idleMs / 2).unref();
    }
  }

  *slots(): Iterable<Slot> {
    for (const group of this.#groups) yield* group.slots.values();
  }

  groups(): Iterable<SlotGroup> {
    return this.#groups;
  }

  /** An idle slot that may run the job, preferably one that has its module. */
  idle(job: HostJob, needsFresh: boolean): Slot | undefined {
    const key = this.#keyOf(job);
    let found: Slot | undefined;
    for (const group of this.#groups) {
      if (group.key !== key) continue;
      for (const slot of group.slots.values()) {
        if (slot.state !== 'ready' || slot.assigned !== undefined || (needsFresh && !slot.fresh)) continue;
        if (slot.loaded.has(job)) return slot;
        found ??= slot;
      }
    }
    return found;
  }

  /** Starts a slot before any job needs it. */
  prepare(): Slot {
    const id = this.#options.nextSlot();
    const heap = this.#options.heapMiB;
    const group = this.#startProcess({ kind: 'slot', key: keyOf('process', heap), heap, cwd: this.#options.cwd }, id);
    const slot = new Slot(id, group.process, soleExecutor);
    group.slots.set(slot.executor, slot);
    return slot;
  }

  /** Starts a slot for the job: a process, or one more thread of a group. */
  start(job: HostJob): Slot {
    this.#makeRoom();
    const id = this.#options.nextSlot();
    const threads = isThreaded(job);
    const group = (threads ? this.#groupWith(this.#keyOf(job)) : undefined) ?? this.#startProcessFor(job, id);
    const slot = new Slot(id, group.process, threads ? id : soleExecutor);
    group.slots.set(slot.executor, slot);
    if (threads) {
      const heap = this.#heapOf(job);
      group.process.send({ type: 'addThread', executor: id, ...(heap === undefined ? {} : { maxHeapMiB: heap }) });
    }
    return slot;
  }

  #groupWith(key: string): SlotGroup | undefined {
    for (const group of this.#groups) if (group.key === key) return group;
    return undefined;
  }

  #startProcessFor(job: HostJob, id: number): SlotGroup {
    const threads = isThreaded(job);
    const group = this.#startProcess(
      {
        kind: threads ? 'threads' : 'slot',
        key: this.#keyOf(job),
        heap: threads ? undefined : this.#heapOf(job),
        cwd: threads ? job.spec.cwd : this.#options.cwd,
      },
      id,
    );
    const origins = sharedOrigins(job, this.#options.home);
    if (origins.length > 0) group.process.send({ type: 'share', job: job.number, origins });
    return group;
  }

  #startProcess({ kind, key, heap, cwd }: GroupStart, id: number): SlotGroup {
    const process = new SlotProcess(
      {
        entryFile: this.#options.entryFile,
        kind,
        id,
        cwd,
        env: { ...this.#options.env, MEGALITH_SLOT: String(id) },
        ...(heap === undefined ? {} : { maxHeapMiB: heap }),
      },
      {
        message: message => this.#hooks.message(group, message),
        records: (executor, payload) => {
          const slot = group.slots.get(executor);
          if (slot !== undefined) this.#hooks.records(slot, payload);
        },
        output: (stream, bytes) => this.#hooks.output(group, stream, bytes),
        ended: end => {
          this.#groups.delete(group);
          this.#hooks.ended(group, end);
        },
      },
    );
    const group: SlotGroup = { process, key, slots: new Map(), oomMark: this.#options.oomMark() };
    this.#groups.add(group);
    if (process.pid !== undefined) raiseOomScore(process.pid);
    return group;
  }

  #heapOf(job: HostJob): number | undefined {
    return this.#options.heapMiB ?? maxHeapMiB(job);
  }

  #keyOf(job: HostJob): string {
    return keyOf(
      isThreaded(job) ? `threads in ${job.spec.cwd}` : 'process',
      this.#heapOf(job),
      hasShared(job) ? job : undefined,
    );
  }

  /** A job is over: its module may go, and a group that held its shared inputs with it. */
  forget(job: HostJob): void {
    for (const group of this.#groups) {
      if (hasShared(job) && group.key === this.#keyOf(job)) {
        group.process.kill();
        continue;
      }
      for (const slot of group.slots.values()) {
        if (slot.loaded.delete(job)) group.process.send({ type: 'forget', executor: slot.executor, job: job.number });
      }
    }
  }

  /** Ends idle slots of other kinds where a new one would be one too many. */
  #makeRoom(): void {
    const live = [...this.slots()].length;
    if (live >= this.#options.keep) this.#endIdle(Date.now(), 1);
  }

  #endIdle(since: number, atMost = Number.POSITIVE_INFINITY): void {
    let ended = 0;
    for (const group of this.#groups) {
      const idle = [...group.slots.values()].every(
        slot => slot.state === 'ready' && slot.assigned === undefined && slot.idleSince <= since,
      );
      if (!idle || ended >= atMost) continue;
      ended++;
      for (const slot of group.slots.values()) slot.state = 'ending';
      group.process.kill();
    }
  }

  /** Ends every slot, at once. */
  close(): void {
    clearInterval(this.#sweep);
    for (const group of this.#groups) group.process.kill();
  }
}

export function isThreaded(job: HostJob): boolean {
  return job.spec.work.kind === 'function' && job.spec.work.isolation === 'threads';
}

function hasShared(job: HostJob): boolean {
  return job.spec.work.kind === 'function' && job.spec.work.shared.length > 0;
}

/** Slots with the same key are alike: the heap limit is set when a process starts, and shared inputs are one job's own. */
function keyOf(kind: string, heapMiB: number | undefined, owner?: HostJob): string {
  return `${kind} ${heapMiB ?? 'default'} ${owner?.number ?? ''}`;
}

function maxHeapMiB(job: HostJob): number | undefined {
  const { memoryBytes } = job.spec.requirements;
  return memoryBytes === undefined ? undefined : Math.max(16, Math.floor(memoryBytes / mebibyte));
}

/** Where bytes of a shared input wait in the job's folder for the group that will hold them. */
export function sharedSpool(job: HostJob, position: number): string {
  return `${job.journal.dir}/shared-${position}`;
}

function sharedOrigins(job: HostJob, home: string): SharedOrigin[] {
  if (job.spec.work.kind !== 'function') return [];
  return job.spec.work.shared.map((spec, position): SharedOrigin => {
    const { name } = spec;
    if (spec.source === 'load') return { name, loader: storeBundle(home, spec.bundle) };
    return { name, type: spec.type, file: spec.source === 'file' ? spec.path : sharedSpool(job, position) };
  });
}
