import fc from 'fast-check';
import type { AgentAnswer, AgentReport } from '../pool/agent-report.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import type { Mark } from './marks.js';
import { type DismantleRules, defaultRules } from './rules.js';
import type { Situation } from './situation.js';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
/** Far from 0, so that nothing passes for a time by chance. */
export const start = 1_800_000_000_000;
export const me = 'ada@laptop';
export const skewMs = 30_000;

export function machineOf(of: Partial<Omit<CloudMachine, 'tags'>> & { tags?: Partial<CloudMachine['tags']> } = {}) {
  const { tags, ...rest } = of;
  return {
    id: 'i-1',
    state: 'running',
    region: 'eu-west-1',
    zone: 'eu-west-1a',
    type: 'r6i.large',
    market: 'on-demand',
    launchedAt: start - hourMs,
    ...rest,
    tags: {
      intent: 'a1',
      owner: me,
      label: 'internal',
      expiresAt: start + 23 * hourMs,
      image: 'ami-1',
      incarnation: 'c1',
      ...tags,
    },
  } satisfies CloudMachine as CloudMachine;
}

export function intentOf(of: Partial<LaunchIntent> = {}): LaunchIntent {
  return {
    formatVersion: 1,
    id: 'a1',
    provider: 'memory',
    region: 'eu-west-1',
    owner: me,
    label: 'internal',
    requirements: { cpus: 2, memoryBytes: 2 ** 30 },
    createdAt: start - hourMs,
    expiresAt: start + 23 * hourMs,
    tries: [],
    ...of,
  };
}

export function answer(of: Partial<AgentAnswer> = {}): AgentAnswer {
  return {
    state: 'answered',
    at: start,
    jobs: 0,
    isLeased: false,
    clients: 0,
    isDraining: false,
    isInterrupted: false,
    reasons: [],
    idleForMs: 0,
    idleTailMs: 5 * minuteMs,
    ...of,
  };
}

export const unreachable: AgentReport = { state: 'unreachable', at: start };

export function situationOf(of: Partial<Situation> = {}): Situation {
  return {
    cloud: [machineOf()],
    intents: [],
    reports: new Map(),
    marks: new Map(),
    now: start,
    clockSkewMs: skewMs,
    rules: defaultRules,
    owner: me,
    ...of,
  };
}

// Few values each, so that what has to meet meets often.
const ids = ['i-1', 'i-2', 'i-3'];
const intentIds = ['a1', 'a2', ''];
const somewhen = fc.oneof(
  fc.integer({ min: start - 30 * hourMs, max: start + 30 * hourMs }),
  fc.integer({ min: start - 15 * minuteMs, max: start + 15 * minuteMs }),
);
const perhaps = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });

/** Leaves keys out where the value is undefined, as `exactOptionalPropertyTypes` wants it. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

export const anyMachine: fc.Arbitrary<CloudMachine> = fc
  .record({
    id: fc.constantFrom(...ids),
    state: fc.constantFrom(
      'pending',
      'running',
      'running',
      'running',
      'stopping',
      'stopped',
      'shutting-down',
      'terminated',
    ),
    market: fc.constantFrom('on-demand', 'spot'),
    launchedAt: fc.oneof(somewhen, fc.constant(start - hourMs)),
    intent: fc.constantFrom(...intentIds),
    owner: fc.constantFrom(me, me, me, '', 'bob@desk'),
    expiresAt: fc.oneof(somewhen, fc.constant(start + 20 * hourMs), fc.constant(Number.NaN)),
    incarnation: perhaps(fc.constantFrom('c1', 'c2')),
    keep: fc.option(fc.constant('debugging'), { nil: undefined, freq: 6 }),
  } as const)
  .map(({ id, state, market, launchedAt, ...tags }) => {
    const machine = machineOf({ id, state, market, launchedAt } as Partial<CloudMachine>);
    const { incarnation: _, ...rest } = machine.tags;
    return { ...machine, tags: { ...rest, ...present(tags) } } as CloudMachine;
  });

const anyReport: fc.Arbitrary<AgentReport> = fc.oneof(
  fc.record({
    state: fc.constantFrom('unreachable', 'absent', 'unknown' as const),
    at: somewhen,
  }) as fc.Arbitrary<AgentReport>,
  fc
    .record({
      at: somewhen,
      jobs: fc.constantFrom(0, 0, 1),
      isLeased: fc.boolean(),
      idleForMs: perhaps(fc.integer({ min: 0, max: 10 * minuteMs })),
    })
    .map(of => {
      const { idleForMs: _, ...rest } = answer();
      return { ...rest, ...present(of) } as AgentReport;
    }),
);

export const anyIntent: fc.Arbitrary<LaunchIntent> = fc
  .record({
    id: fc.constantFrom('a1', 'a2', 'a3'),
    owner: fc.constantFrom(me, me, 'bob@desk'),
    job: perhaps(fc.constantFrom('j1', 'j2')),
    machine: perhaps(fc.constantFrom(...ids, 'i-9')),
    createdAt: somewhen,
    expiresAt: somewhen,
    servedAt: perhaps(somewhen),
    closedAt: perhaps(somewhen),
    tries: fc.array(fc.record({ clientToken: fc.constant('t'), request: fc.constant('r'), at: somewhen }), {
      maxLength: 2,
    }),
  })
  .map(of => intentOf(present(of) as Partial<LaunchIntent>));

const anyMark: fc.Arbitrary<Mark> = fc
  .record({
    at: somewhen,
    incarnation: perhaps(fc.constantFrom('c1', 'c2')),
    launchedAt: fc.oneof(somewhen, fc.constant(start - hourMs)),
    kind: fc.constantFrom('suspect', 'stopped' as const),
    because: fc.constant('it was seen'),
  })
  .map(of => present(of) as Mark);

export const anyRules: fc.Arbitrary<DismantleRules> = fc
  .record({
    delayMs: fc.constantFrom(1, minuteMs, 5 * minuteMs),
    maxUsdPerDay: perhaps(fc.constant(10)),
    stoppedMs: fc.constantFrom(0, hourMs),
  })
  .map(of => ({ ...defaultRules, ...present(of) }));

const mapOf = <T>(value: fc.Arbitrary<T>) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...ids), value), { selector: ([id]) => id }).map(entries => new Map(entries));

export const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    cloud: fc.array(anyMachine, { maxLength: 4 }),
    isComplete: fc.constantFrom(true, true, false),
    intents: fc.uniqueArray(anyIntent, { selector: ({ id }) => id, maxLength: 3 }),
    live: perhaps(
      fc.record({
        ids: fc.subarray(['j1', 'j2']).map(each => new Set(each)),
        machines: fc.subarray(ids).map(each => new Set(each)),
      }),
    ),
    reports: mapOf(anyReport),
    impaired: perhaps(fc.subarray(ids).map(each => new Set(each))),
    marks: mapOf(anyMark),
    now: fc.oneof(fc.constant(start), somewhen),
    isClockSuspect: fc.constantFrom(false, false, false, true),
    rules: anyRules,
    spend: perhaps(fc.record({ usdToday: fc.constantFrom(0, 100), usdPerHour: mapOf(fc.constantFrom(1, 2, 3)) })),
    stopUntil: perhaps(mapOf(somewhen)),
  })
  .map(of => situationOf(present(of) as Partial<Situation>));
