import { isLower, MegalithError, pointersIn } from '@megalith/agent';
import { type Carried, type CarriedLabel, labelsOfInput } from '../labels/labelled.js';
import { findPointers, labelsOfPointers, withReadUrls } from '../pointers/item-pointers.js';
import type { StoresHere } from '../pointers/stores-here.js';
import { inputOf } from './chain.js';
import { Conductor, type Prepared } from './conductor.js';
import { newJobId } from './job-id.js';
import { jobSettings } from './job-settings.js';
import { JobView } from './job-view.js';
import { Ledger } from './ledger.js';
import { onlyHere } from './only-here.js';
import { placeJob } from './placing/place-job.js';
import type { PlacingDesk } from './placing/placing-desk.js';
import { TaskFeed } from './task-feed.js';
import type { JobEvent, JobOptions } from './types.js';

/** What is to run. */
export interface Launch {
  readonly name: string;
  readonly items: unknown;
  readonly options: JobOptions;
  /** Called at once, before anything else can change what it reads. */
  readonly prepare: () => Promise<Prepared>;
  /** A single call, whose result is a value and not a list. */
  readonly isSingle?: boolean;
  /** Labels of what the items are made of, beside those that they carry themselves. */
  readonly inherited?: () => Promise<readonly CarriedLabel[]>;
  /** Its items become arguments of a command: pointers in them are text. */
  readonly isCommand?: boolean;
  /** Makes an item what the job's tasks take. */
  readonly convert?: (item: unknown, index: number) => unknown;
  /** Why its tasks can run on this machine alone, in words, whatever its items say. */
  readonly onlyHere?: string;
}

/** Where it runs, and who is told. */
export interface Surroundings {
  readonly desk: PlacingDesk;
  readonly onEvent?: ((event: JobEvent) => void) | undefined;
  /** Somebody asked for the job's results. */
  readonly onCollected: (job: JobView<unknown>) => void;
}

export interface Launched<O> {
  readonly job: JobView<O>;
  /** Time its tasks have to end by themselves once asked to, milliseconds. */
  readonly graceMs: number;
  /** Settles when nothing of the job runs any more; never rejects. */
  readonly over: Promise<void>;
}

/** Starts a job. It never throws: whatever is wrong with the call, the job fails with it. */
export function launch<O>(what: Launch, where: Surroundings): Launched<O> {
  try {
    return start(what, where);
  } catch (error) {
    const items = what.isSingle ? [undefined] : [];
    return start({ ...what, items, options: {}, prepare: () => Promise.reject(error) }, where);
  }
}

function start<O>(what: Launch, where: Surroundings): Launched<O> {
  const { name, options, isSingle = false } = what;
  const id = options.id ?? newJobId();
  const settings = jobSettings(options);
  const { requirements, rule, concurrency } = settings;
  const { stores } = where.desk;
  const admit = (carried: Carried): Promise<void> => admitItem(carried, name, conductor.carried);
  const pointers = findPointers(what.items);
  const complete = {
    needs: (item: unknown): boolean => pointersIn(item).length > 0,
    run: (item: unknown): Promise<unknown> => completed(item, what.isCommand === true, stores, admit),
  };
  const hasNone = pointers.isAll && pointers.samples.length === 0;
  const input = inputOf(what.items, admit, hasNone ? undefined : complete);
  // Of what they are now: an array may be changed before the job is described.
  const ofItems = labelsOfInput(what.items);
  // Whoever describes the job hears of it.
  ofItems.catch(() => undefined);
  const ledger = new Ledger(name, input.length);
  const feed = new TaskFeed(input, ledger, {
    mayRetry: rule.retries > 0,
    concurrency,
    convert: what.convert,
  });
  const facts = {
    id,
    name,
    settings,
    taskCount: input.length,
    items: what.items,
    inherited: async () => [
      ...(await ofItems),
      ...(await labelsOfPointers(pointers.samples, stores)),
      ...((await what.inherited?.()) ?? []),
    ],
    onlyHere: async () => what.onlyHere ?? (await onlyHere(what.items)) ?? pointers.onlyHere,
  };
  const conductor = new Conductor(
    {
      request: { id, name },
      prepare: () => {
        where.desk.warm();
        return what.prepare();
      },
      place: (prepared, hooks) => placeJob({ ...facts, prepared, tasks: feed }, where.desk, hooks),
      learn: (codeHash, samples) => where.desk.learn(codeHash, samples),
      settings,
      isSingle,
      signal: options.signal,
      emit: toAll(options.onEvent, where.onEvent),
    },
    ledger,
    feed,
  );
  const job: JobView<O> = new JobView<O>(id, isSingle, ledger, conductor, () => where.onCollected(job));
  return { job, graceMs: requirements.graceMs, over: conductor.conduct() };
}

/** An item with pointers, once the job may have it: as its task gets it. */
async function completed(
  item: unknown,
  isCommand: boolean,
  stores: StoresHere,
  admit: (carried: Carried) => Promise<void>,
): Promise<unknown> {
  const pointers = pointersIn(item);
  for (const carried of await labelsOfPointers(pointers, stores)) await admit(carried);
  return isCommand ? item : withReadUrls(item, pointers, stores);
}

/**
 * A job has its label before its first item is read: one that comes later with a higher one may not go where the job is.
 * @throws MegalithError POLICY
 */
async function admitItem(carried: Carried, name: string, own: Promise<CarriedLabel>): Promise<void> {
  const [item, job] = await Promise.all([carried, own]);
  if (!isLower(job.label, item.label)) return;
  throw new MegalithError(
    'POLICY',
    `"${name}" is ${job.label}, and an item that it reads, of ${item.from}, is ${item.label}`,
    {
      hint: `give it that label from the beginning (label: '${item.label}'), or declassify what it reads`,
      details: { label: job.label, item: item.label },
    },
  );
}

/** One listener for several; what a listener throws must not harm the job. */
function toAll(...listeners: (((event: JobEvent) => void) | undefined)[]): ((event: JobEvent) => void) | undefined {
  const present = listeners.filter(listener => listener !== undefined);
  if (present.length === 0) return undefined;
  return event => {
    for (const listener of present) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(`"onEvent" threw: ${String(error)}`);
      }
    }
  };
}
