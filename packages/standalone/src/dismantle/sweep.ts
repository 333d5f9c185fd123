import type { AgentReport } from '../pool/agent-report.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import { endMachine, type Kill } from './act.js';
import { type ClockReading, hasJumped, readClocks } from './clock-jump.js';
import { inParallel, within } from './deadline.js';
import type { IntentVerdict } from './intent-verdicts.js';
import { listAll } from './listing.js';
import { takeDismantleLock } from './lock.js';
import { type Mark, mergeMarks, readMarks, writeMarks } from './marks.js';
import { defaultRules } from './rules.js';
import { endOf, type Situation } from './situation.js';
import { defaultLimits, type SweepLimits, type SweepOptions } from './sweep-options.js';
import { type Deed, problemText, type SweepReport } from './sweep-report.js';
import { isForeign, judge, type MachineVerdict, type Verdict } from './verdict.js';

const defaultClockSkewMs = 30_000;

/**
 * Looks at every machine of a cloud once, and ends those that nobody needs. What fails for one machine is reported, and stops nothing else. Does
 * nothing where another process of this home sweeps.
 * @throws the reason of `signal`; what the file system says where not even the lock can be taken
 */
export async function sweep(options: SweepOptions): Promise<SweepReport> {
  const now = (options.clocks ?? readClocks)().wallMs;
  if (options.dryRun === true) return await sweepAlone(options, () => true);
  const lock = await takeDismantleLock(options.home);
  if (!lock.isMine) {
    const nothing = { machines: 0, isComplete: false, verdicts: [], deeds: [], problems: [] };
    return { startedAt: now, endedAt: now, ...nothing, heldBy: lock.holder };
  }
  try {
    return await sweepAlone(options, lock.stillHeld);
  } finally {
    await lock.release();
  }
}

async function sweepAlone(options: SweepOptions, stillHeld: () => boolean | Promise<boolean>): Promise<SweepReport> {
  const { home, cloud, clocks = readClocks, dryRun = false, signal } = options;
  const limits: SweepLimits = { ...defaultLimits, ...options.limits };
  const problems: string[] = [];
  const startedAt = clocks().wallMs;
  const place = `${cloud.name}-${cloud.region}`;
  const known = await readOr(problems, 'the marks can’t be read', () => readMarks(home, place), {
    byMachine: new Map(),
  });

  const { situation, reading, hasIntents, listError } = await look(options, limits, known, problems);
  const { now, cloud: machines, isComplete = true, isClockSuspect = false } = situation;
  const all = judge(situation);
  // Without our own records, every machine would look unwanted: only the end that machines carry themselves counts.
  const verdicts = hasIntents ? all : all.filter(({ reason }) => reason === 'expired' || reason === 'foreignExpired');

  if (!dryRun) {
    const byMachine: ReadonlyMap<string, Mark> = mergeMarks(
      known.byMachine,
      verdicts,
      { cloud: machines, isComplete, isClockSuspect },
      now,
    );
    await readOr(
      problems,
      'the marks can’t be written',
      () => writeMarks(home, place, { byMachine, clock: reading }),
      undefined,
    );
  }
  const deeds: Deed[] = [];
  const kills = killsIn(verdicts, situation);
  const changes = verdicts.filter(isOfIntent);
  if (dryRun) {
    deeds.push(
      ...[...kills.map(({ verdict }) => verdict), ...changes].map(verdict => ({
        verdict,
        outcome: 'planned' as const,
      })),
    );
  } else {
    const ended = new Map<Kill, Deed>();
    await inParallel(kills, limits.atOnce, async kill => {
      const isOurs = await stillHeld();
      ended.set(kill, isOurs ? await endMachine(kill, options, limits, situation) : takenOver(kill));
    });
    deeds.push(...kills.map(kill => ended.get(kill)!));
    for (const change of changes) deeds.push(await changeIntent(change, situation.intents, options, limits));
  }
  if (isComplete && hasIntents) deeds.push(...(await sweepLeftovers(options, limits, problems)));
  problems.push(...deeds.flatMap(({ problem }) => problem ?? []));
  signal?.throwIfAborted();
  return {
    startedAt,
    endedAt: clocks().wallMs,
    machines: machines.length,
    isComplete,
    ...(listError === undefined ? {} : { listError }),
    verdicts,
    deeds,
    problems,
  };
}

/** The cloud first, then our own records, then the agents, then the clock. */
async function look(
  options: SweepOptions,
  limits: SweepLimits,
  known: Awaited<ReturnType<typeof readMarks>>,
  problems: string[],
): Promise<{ situation: Situation; reading: ClockReading; hasIntents: boolean; listError: unknown }> {
  const { cloud, owner, rules = defaultRules, clockSkewMs = defaultClockSkewMs, clocks = readClocks, signal } = options;
  const listed = await listAll('the list of machines', ending => cloud.list(ending), limits.listMs, signal);
  if (!listed.isComplete) problems.push(problemText('the list of machines broke off', listed.error));
  const local = <T>(what: string, read: () => Promise<T>) =>
    readOr(problems, what, () => within(limits.checkMs, 'reading', signal, read), undefined);
  const intents = await local('the intents can’t be read', () => options.intents.read());
  const live = await local('the jobs can’t be read', async () => options.live?.());
  const spend = await local('the spend can’t be told', async () => options.spend?.(listed.items));
  const stopUntil = await local('what is worth stopping can’t be read', async () => options.stopUntil?.());
  const reports = await askAgents(listed.items, options, limits, problems);
  const impaired = await impairedOf(reports, options, limits, problems);
  const reading = clocks();
  const situation: Situation = {
    cloud: listed.items,
    isComplete: listed.isComplete,
    // Intents of other clouds and regions have their machines in other lists.
    intents: (intents ?? []).filter(({ provider, region }) => provider === cloud.name && region === cloud.region),
    reports,
    impaired,
    marks: known.byMachine,
    now: reading.wallMs,
    clockSkewMs,
    isClockSuspect: hasJumped(known.clock, reading, clockSkewMs),
    rules,
    owner,
    ...(live === undefined ? {} : { live }),
    ...(spend === undefined ? {} : { spend }),
    ...(stopUntil === undefined ? {} : { stopUntil }),
  };
  if (situation.isClockSuspect) problems.push('this computer’s clock was set: every delay begins anew');
  return { situation, reading, hasIntents: intents !== undefined, listError: listed.error };
}

async function askAgents(
  machines: readonly CloudMachine[],
  options: SweepOptions,
  limits: SweepLimits,
  problems: string[],
): Promise<ReadonlyMap<string, AgentReport>> {
  const { rules = defaultRules, clocks = readClocks, signal, askAgent } = options;
  const { wallMs } = clocks();
  const reports = new Map<string, AgentReport>();
  const asked = machines.filter(machine => {
    return machine.state === 'running' && !isForeign(machine, options) && !(wallMs > endOf(machine, rules));
  });
  await inParallel(asked, limits.atOnce, async machine => {
    const { id } = machine;
    const ask = () => within(limits.askMs, `the agent of "${id}"`, signal, ending => askAgent(machine, ending));
    const report = await readOr(problems, `the agent of "${id}" can’t be asked`, ask, undefined);
    signal?.throwIfAborted();
    if (report !== undefined) reports.set(id, report);
  });
  return reports;
}

/** Of machines whose agents don't answer, those that the cloud's own checks find dead. */
async function impairedOf(
  reports: ReadonlyMap<string, AgentReport>,
  { cloud, signal }: SweepOptions,
  { checkMs }: SweepLimits,
  problems: string[],
): Promise<ReadonlySet<string>> {
  const silent = [...reports].filter(([, { state }]) => state === 'unreachable').map(([id]) => id);
  const none: ReadonlySet<string> = new Set();
  if (silent.length === 0 || cloud.impaired === undefined) return none;
  const look = () => within(checkMs, 'the checks of the cloud', signal, ending => cloud.impaired!(silent, ending));
  const impaired = await readOr(problems, 'the checks of the cloud can’t be read', look, none);
  signal?.throwIfAborted();
  return impaired;
}

function killsIn(verdicts: readonly Verdict[], { cloud, reports }: Situation): Kill[] {
  const machines = new Map(cloud.map(machine => [machine.id, machine]));
  return verdicts
    .filter((verdict): verdict is MachineVerdict => verdict.action === 'terminate' || verdict.action === 'stop')
    .map(verdict => {
      const state = reports.get(verdict.machine)?.state;
      const hasAnswered = state === 'answered' || state === 'absent';
      return { verdict, machine: machines.get(verdict.machine)!, hasAnswered };
    });
}

function takenOver({ verdict }: Kill): Deed {
  return { verdict, outcome: 'failed', problem: `"${verdict.machine}": another sweeper took the lock over` };
}

function isOfIntent(verdict: Verdict): verdict is IntentVerdict {
  return 'intent' in verdict;
}

async function changeIntent(
  verdict: IntentVerdict,
  known: readonly LaunchIntent[],
  { intents, signal }: SweepOptions,
  limits: SweepLimits,
): Promise<Deed> {
  const { intent: id, action, because } = verdict;
  try {
    const intent = known.find(each => each.id === id)!;
    await within(limits.endMs, `the intent "${id}"`, signal, async ending => {
      await (action === 'closeIntent' ? intents.close(id, because) : intents.replay(intent, ending));
    });
    return { verdict, outcome: 'done' };
  } catch (error) {
    signal?.throwIfAborted();
    return { verdict, outcome: 'failed', problem: problemText(`the intent "${id}"`, error) };
  }
}

async function sweepLeftovers(options: SweepOptions, limits: SweepLimits, problems: string[]): Promise<Deed[]> {
  const { cloud, dryRun = false, signal } = options;
  const listed = await listAll('the list of leftovers', ending => cloud.leftovers(ending), limits.listMs, signal);
  if (!listed.isComplete) problems.push(problemText('the list of leftovers broke off', listed.error));
  const deeds: Deed[] = [];
  for (const leftover of listed.items) {
    if (dryRun) {
      deeds.push({ leftover, outcome: 'planned' });
      continue;
    }
    const what = `the ${leftover.kind} "${leftover.id}"`;
    try {
      await within(limits.checkMs, `the removal of ${what}`, signal, ending => cloud.remove(leftover, ending));
      deeds.push({ leftover, outcome: 'done' });
    } catch (error) {
      signal?.throwIfAborted();
      deeds.push({ leftover, outcome: 'failed', problem: problemText(what, error) });
    }
  }
  return deeds;
}

/** What is read, or the other thing and a problem. */
async function readOr<T, U>(problems: string[], what: string, read: () => Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await read();
  } catch (error) {
    problems.push(problemText(what, error));
    return otherwise;
  }
}
