import { functionCapacity } from '@megalith/agent';
import { formatSize } from '../../config/size.js';
import { vcpusOf } from '../../placement/function-size.js';
import type { Site } from '../../placement/site.js';
import type { Candidate, JobRequest, Rejection } from '../backend.js';
import { inlineLimitBytes } from './call-packer.js';
import type { KnownConcurrency } from './concurrency.js';
import { type FunctionPrices, usdPerGibSecond } from './function-prices.js';
import type { LambdaSettings } from './lambda-settings.js';

/** What decides what functions can be had. */
export interface OfferFacts {
  readonly settings: LambdaSettings;
  readonly prices: FunctionPrices;
  readonly concurrency: KnownConcurrency;
  /** Calls at once that this client may make. */
  readonly slots?: number | undefined;
  /** Large items and results may go through a store. */
  readonly canSpill: boolean;
  /** Why no function can be called at all. */
  readonly unreachable?: Rejection | undefined;
  /** By size: it is there already, and what a first call took of late, milliseconds. */
  readonly sizes: ReadonlyMap<number, { readonly isDeployed: boolean; readonly coldMs: number | undefined }>;
}

const mib = 2 ** 20;

// Node 20 on the emulator of AWS's runtime takes 0.2 s until the agent answers; AWS adds the sandbox and the archive: 0.2 to 1 s are reported.
const usualColdMs = 600;
/** Until AWS has made a function from an archive of this size: seconds. */
const deployMs = 4_000;
/** A round trip to a region on the same continent, and the handler's own work. */
const callMs = 40;
/** What a call carries beside its task: the bundle of most functions, compressed. */
const besideTaskBytes = 256 * 1024;
/** From a store and back everything is in memory several times over. */
const spilledShare = 1 / 4;
/** To and from a client, and what AWS takes for the way out: "Data transfer" in "Amazon EC2 On-Demand Pricing". */
const transfer = { bytesPerSecond: 10 * mib, usdPerGib: 0.09 } as const;
/** The agent's own files and its journal. */
const ownDiskBytes = 16 * mib;
/** The agent answers a good second before the function would be killed. */
const answerBeforeMs = 1_500;

export function siteOf({ region, clearance }: Pick<LambdaSettings, 'region' | 'clearance'>): Site {
  return { name: `lambda ${region}`, kind: 'cloud', region, clearance };
}

export function offerId({ region, arch }: Pick<LambdaSettings, 'region' | 'arch'>, memoryMib: number): string {
  return `lambda ${region} ${memoryMib}MiB ${arch}`;
}

/** One candidate for each size, the smallest first. */
export function functionOffers(job: JobRequest, facts: OfferFacts): Candidate[] {
  return [...facts.settings.memoryMib].sort((a, b) => a - b).map(memoryMib => functionOffer(job, facts, memoryMib));
}

function functionOffer(job: JobRequest, facts: OfferFacts, memoryMib: number): Candidate {
  const { settings, prices, concurrency } = facts;
  const { arch, tmpMib, timeoutMs } = settings;
  const { isDeployed = false, coldMs = usualColdMs } = facts.sizes.get(memoryMib) ?? {};
  const capacity = functionCapacity(memoryMib);
  // The agent there deals out whole processors, and refuses a task that asks for a part of one more.
  const cpus = Math.min(vcpusOf(memoryMib), capacity.cpus);
  const usableMemoryBytes = capacity.memoryBytes;
  const slots = Math.min(
    concurrency.value,
    settings.concurrency ?? Number.POSITIVE_INFINITY,
    facts.slots ?? Number.POSITIVE_INFINITY,
  );
  const used = Math.max(0, Math.min(slots, job.taskCount ?? slots));
  const usd = usdPerGibSecond(prices, arch, { memoryMib, tmpMib });
  const memoryGib = memoryMib / 1024;
  const rejected = rejectionOf(job, slots) ?? facts.unreachable;
  return {
    backend: 'lambda',
    id: offerId(settings, memoryMib),
    kind: 'function',
    site: siteOf(settings),
    description: describe(facts, memoryMib, used),
    cpus,
    usableMemoryBytes,
    slots: used,
    usdPerHour: used * memoryGib * usd * 3600,
    billing: {
      per: 'gib-second',
      usdPerGibSecond: usd,
      usdPerRequest: prices.usdPerRequest,
      memoryGib,
      coldStartMs: coldMs,
    },
    startMs: coldMs + (isDeployed ? 0 : deployMs),
    taskOverheadMs: callMs,
    limits: {
      timeMs: timeoutMs - answerBeforeMs,
      diskBytes: tmpMib * mib - ownDiskBytes,
      payloadBytes: facts.canSpill
        ? Math.max(inlineLimitBytes, Math.floor(usableMemoryBytes * spilledShare))
        : inlineLimitBytes - besideTaskBytes,
    },
    transfer,
    ...(rejected === undefined ? {} : { rejected }),
  };
}

function describe({ settings, prices, concurrency }: OfferFacts, memoryMib: number, slots: number): string {
  const { region, arch } = settings;
  const notes = [
    ...(concurrency.isAssumed ? [`${concurrency.value} at once assumed`] : []),
    ...(prices.isGuess ? ['prices of us-east-1'] : []),
  ];
  const size = `${formatSize(memoryMib * mib)}, ${vcpusOf(memoryMib).toFixed(2)} cpus`;
  const many = slots === 1 ? 'a function' : `${slots} functions`;
  return `${many} of ${size} (${arch}) in ${region}${notes.length === 0 ? '' : `, ${notes.join(', ')}`}`;
}

/** What no function can do, however large. */
function rejectionOf({ wants = [] }: JobRequest, slots: number): Rejection | undefined {
  const unmet = wants.find(want => want !== 'secrets');
  if (unmet !== undefined) return { reason: 'NOT_CONFIGURED', explanation: unmetWants[unmet] };
  if (slots < 1) {
    return {
      reason: 'QUOTA',
      explanation: 'the account has no concurrency left for functions',
      hint: 'ask for more in the console under "Service Quotas"',
    };
  }
  return undefined;
}

const unmetWants = {
  files: 'functions have no folder that files could be brought to: run it on a machine, or read from a store',
  detach: 'the calls of functions end with this program: run it on a machine to leave it there',
} as const;
