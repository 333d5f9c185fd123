import { functionCapacity, isLower, isMegalithError, MegalithError } from '@megalith/agent';
import { requireClearance } from '../../placement/clearance.js';
import { specOf } from '../agent/job-spec.js';
import type { Backend, BackendJob, Candidate, JobRequest, JobRun, Rejection } from '../backend.js';
import { createCaller } from './call-caller.js';
import { CallCosts } from './call-costs.js';
import { CallPacker } from './call-packer.js';
import { average } from './call-size.js';
import { callJob } from './call-tasks.js';
import type { NoteBook } from './cloud-notes.js';
import { collectGarbage, isCollectionDue } from './collect-garbage.js';
import { type KnownConcurrency, knownConcurrency } from './concurrency.js';
import type { World } from './control-call.js';
import { Deployer } from './deploy.js';
import type { FunctionCode } from './function-code.js';
import type { FunctionPrices } from './function-prices.js';
import { Invoker } from './invoker.js';
import type { LambdaApi } from './lambda-api.js';
import { LambdaRun } from './lambda-run.js';
import type { LambdaSettings } from './lambda-settings.js';
import { functionOffers, offerId, siteOf } from './offers.js';
import { type ClearedStore, Spill, sweepSpilled } from './spill.js';
import { StoredPrelude } from './stored-prelude.js';

export interface LambdaSetup {
  readonly settings: LambdaSettings;
  readonly api: LambdaApi;
  readonly code: () => Promise<FunctionCode>;
  readonly notes: NoteBook;
  readonly prices: FunctionPrices;
  readonly world: World;
  /** Where items and results go that are too large for a call. @defaultValue none: they are refused */
  readonly store?: ClearedStore;
  /** Calls at once, at most. @defaultValue what config and account allow */
  readonly slots?: number;
}

/** Jobs in functions of AWS Lambda. What runs there ends within its call, and nothing of a job outlives this client but that. */
export function createLambdaBackend(setup: LambdaSetup): Backend {
  return new LambdaBackend(setup);
}

class LambdaBackend implements Backend {
  readonly name = 'lambda';
  readonly #setup: LambdaSetup;
  readonly #deployer: Deployer;
  readonly #invoker: Invoker;
  readonly #most: number;
  readonly #runs = new Set<LambdaRun>();
  /** What goes on beside jobs, and after them. */
  readonly #beside = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  /** What first calls took longer, by the size of their functions, milliseconds. */
  readonly #coldMs = new Map<number, number>();
  #concurrency: KnownConcurrency | undefined;
  #hasTidied = false;

  constructor(setup: LambdaSetup) {
    const { settings, api, world, slots } = setup;
    this.#setup = setup;
    this.#deployer = new Deployer(setup);
    this.#most = Math.min(settings.concurrency ?? Number.POSITIVE_INFINITY, slots ?? Number.POSITIVE_INFINITY);
    this.#invoker = new Invoker({ api, world, most: Math.min(this.#most, mostAtOnce) });
  }

  async offers(job: JobRequest): Promise<readonly Candidate[]> {
    const { settings, prices, slots, notes } = this.#setup;
    const [concurrency, noted, deployed] = await Promise.all([
      this.#knownConcurrency(),
      notes.read(),
      this.#deployer.knownSizes(),
    ]);
    const coldMs = (mib: number): number | undefined => this.#coldMs.get(mib) ?? noted.coldMs[coldKey(settings, mib)];
    return functionOffers(job, {
      settings,
      prices,
      slots,
      concurrency: 'reason' in concurrency ? { value: 1, isAssumed: true } : concurrency,
      unreachable: 'reason' in concurrency ? concurrency : undefined,
      canSpill: this.#storeFor(job) !== undefined,
      sizes: new Map(settings.memoryMib.map(mib => [mib, { isDeployed: deployed.has(mib), coldMs: coldMs(mib) }])),
    });
  }

  run(job: BackendJob, place: Candidate): JobRun {
    const { settings, prices } = this.#setup;
    requireClearance(job.label, siteOf(settings), job.name);
    const memoryMib = settings.memoryMib.find(mib => offerId(settings, mib) === place.id);
    if (memoryMib === undefined) throw new MegalithError('NO_PLACEMENT', `"${place.id}" is no function of this config`);
    const store = this.#storeFor(job);
    const spill = store === undefined ? undefined : Spill.of(store, job);
    const packer = new CallPacker(specOf(callJob, job, ''), job.shared);
    const { timeoutMs } = settings;
    const caller = createCaller({
      place: siteOf(settings).name,
      parallel: parallelOf(job, memoryMib),
      memoryMib,
      timeoutMs,
      invoker: this.#invoker,
      target: {
        ready: () => this.#deployer.ensure(memoryMib, this.#ending.signal),
        gone: () => this.#deployer.forget(memoryMib),
      },
      packer,
      costs: new CallCosts(prices, settings, memoryMib),
      hasSecrets: job.wants?.includes('secrets') === true,
      spill,
      prelude: StoredPrelude.of(packer, spill),
      onCold: ms => this.#coldMs.set(memoryMib, average(this.#coldMs.get(memoryMib), ms)),
    });
    const run = new LambdaRun(job, caller, () => {
      this.#runs.delete(run);
      this.#goBeside(this.#afterRun(memoryMib, spill));
    });
    this.#runs.add(run);
    this.#begin(run, job, memoryMib).catch((error: unknown) => run.fail(error));
    return run;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    for (const run of [...this.#runs]) run.cancel('the backend was closed');
    while (this.#beside.size > 0) await Promise.all(this.#beside);
    this.#setup.api.close();
  }

  /** Makes the function where it is not there, then lets the job begin. */
  async #begin(run: LambdaRun, job: BackendJob, memoryMib: number): Promise<void> {
    if (!(await this.#deployer.knownSizes()).has(memoryMib)) job.tell?.(`making a function of ${memoryMib} MiB`);
    const [, concurrency] = await Promise.all([
      this.#deployer.ensure(memoryMib, this.#ending.signal),
      this.#knownConcurrency(),
    ]);
    if (!('reason' in concurrency)) this.#invoker.limit(Math.min(this.#most, concurrency.value));
    run.start();
    this.#goBeside(this.#deployer.mark(memoryMib));
    this.#tidyUp();
  }

  /** What the account allows; or why nobody can tell, and no function can be called. */
  async #knownConcurrency(): Promise<KnownConcurrency | Rejection> {
    const { api, notes, world } = this.#setup;
    if (this.#concurrency !== undefined) return this.#concurrency;
    try {
      this.#concurrency = await knownConcurrency(api, notes, world);
      return this.#concurrency;
    } catch (error) {
      if (!isMegalithError(error)) throw error;
      const { code, message, hint } = error;
      return { reason: 'NOT_CONFIGURED', explanation: message, code, ...(hint === undefined ? {} : { hint }) };
    }
  }

  /** The store that large items of the job may go through. Secrets touch no disk, and so no store. */
  #storeFor({ label, wants = [] }: Pick<JobRequest, 'label' | 'wants'>): ClearedStore | undefined {
    const { store } = this.#setup;
    if (store?.presign === undefined || wants.includes('secrets')) return undefined;
    return isLower(store.clearance, label) ? undefined : store;
  }

  async #afterRun(memoryMib: number, spill: Spill | undefined): Promise<void> {
    await spill?.close();
    const coldMs = this.#coldMs.get(memoryMib);
    if (coldMs === undefined) return;
    const { notes, settings } = this.#setup;
    const key = coldKey(settings, memoryMib);
    await notes.change(before => ({ ...before, coldMs: { ...before.coldMs, [key]: Math.round(coldMs) } }));
  }

  /** Once a day somebody looks for what nobody needs any more. */
  #tidyUp(): void {
    if (this.#hasTidied) return;
    this.#hasTidied = true;
    this.#goBeside(this.#tidy());
  }

  async #tidy(): Promise<void> {
    const { api, notes, world, settings, store } = this.#setup;
    if (!(await isCollectionDue(notes, world))) return;
    const { signal } = this.#ending;
    const version = await this.#deployer.version();
    await collectGarbage({ api, owner: settings.owner, version, notes, world, signal });
    if (store !== undefined) await sweepSpilled(store, world.today(), signal);
  }

  /** No job fails for it: who may run functions need not be allowed to delete any, and `megalith lambda clean` says what is wrong. */
  #goBeside(work: Promise<void>): void {
    const done = work.catch(() => undefined).finally(() => this.#beside.delete(done));
    this.#beside.add(done);
  }
}

/** Whatever an account allows: one process has connections for so many. */
const mostAtOnce = 10_000;

/** Tasks of a job that run at once in one call. */
function parallelOf({ requirements }: JobRequest, memoryMib: number): number {
  const capacity = functionCapacity(memoryMib);
  const { cpus, memoryBytes = 0 } = requirements;
  const byMemory = memoryBytes === 0 ? Number.POSITIVE_INFINITY : Math.floor(capacity.memoryBytes / memoryBytes);
  return Math.max(1, Math.min(Math.floor(capacity.cpus / cpus), byMemory));
}

function coldKey({ arch }: Pick<LambdaSettings, 'arch'>, memoryMib: number): string {
  return `${arch}-${memoryMib}`;
}
