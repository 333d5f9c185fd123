import { describe, expect, it } from 'vitest';
import type { LaunchIntent } from '../pool/launch-intent.js';
import { answer, hourMs, intentOf, machineOf, minuteMs, situationOf, start, unreachable } from './situation.fixture.js';
import type { Situation } from './situation.js';
import { judge, type MachineVerdict, type Verdict } from './verdict.js';

function ofMachine(verdicts: readonly Verdict[], id: string): MachineVerdict | undefined {
  return verdicts.find((verdict): verdict is MachineVerdict => 'machine' in verdict && verdict.machine === id);
}

function isKill({ action }: Verdict): boolean {
  return action === 'terminate' || action === 'stop';
}

describe('a machine', () => {
  const oldMark = {
    at: start - hourMs + 1,
    launchedAt: start - hourMs,
    incarnation: 'c1',
    kind: 'suspect',
    because: 'it was seen',
  } as const;
  const marked = new Map([['i-1', oldMark]]);
  const only = (of: Partial<Situation>): MachineVerdict => ofMachine(judge(situationOf(of)), 'i-1')!;
  const silent = { reports: new Map([['i-1', unreachable]]), impaired: new Set(['i-1']) };

  it('that only this client does not know is left: another computer may have its intent', () => {
    expect(only({ marks: marked })).toMatchObject({ action: 'unmark', reason: 'needed' });
    expect(
      only({ marks: marked, reports: new Map([['i-1', { ...unreachable, state: 'unknown' as const }]]) }).action,
    ).toBe('unmark');
  });

  it('that is wanted and can’t be reached is left: the network may be down on this side', () => {
    expect(only({ marks: marked, ...silent, intents: [intentOf()] })).toMatchObject({ action: 'unmark' });
  });

  it('whose job is over and that can’t be reached goes, once it has served only where the cloud finds it dead too', () => {
    const live = { ids: new Set<string>(), machines: new Set<string>() };
    const intents = [intentOf({ job: 'j1', machine: 'i-1' })];
    expect(only({ marks: marked, ...silent, intents, live })).toMatchObject({
      action: 'terminate',
      reason: 'orphan',
    });
    const away = { marks: marked, reports: silent.reports, live };
    expect(only({ ...away, intents })).toMatchObject({ action: 'terminate' });
    const served = intents.map(intent => ({ ...intent, servedAt: start - hourMs }));
    const because =
      'it can’t be reached from here, and the cloud does not find it dead: the network on this side may be down';
    expect(only({ ...away, intents: served })).toMatchObject({ action: 'unmark', reason: 'needed', because });
    expect(only({ ...away, intents: served, impaired: new Set(['i-1']) }).action).toBe('terminate');
    const other = { ...live, machines: new Set(['i-1']) };
    expect(only({ marks: marked, ...silent, intents, live: other }).action).toBe('unmark');
  });

  it('whose client died before it heard of it goes, though nobody here has a way to it', () => {
    const live = { ids: new Set<string>(), machines: new Set<string>() };
    const reports = new Map([['i-1', { ...unreachable, state: 'unknown' as const }]]);
    const { machine: _, ...unheard } = intentOf({ job: 'j1' });
    const of = { intents: [unheard], live, reports };
    expect(only(of).action).toBe('mark');
    expect(only({ ...of, marks: marked })).toMatchObject({ action: 'terminate', reason: 'orphan' });
    const heard = [intentOf({ job: 'j1', machine: 'i-1' })];
    expect(only({ ...of, intents: heard, marks: marked }).action).toBe('unmark');
    expect(only({ ...of, live: { ...live, ids: new Set(['j1']) }, marks: marked }).action).toBe('unmark');
    const busy = new Map([['i-1', answer({ jobs: 1 })]]);
    expect(only({ ...of, reports: busy, marks: marked }).action).toBe('unmark');
  });

  it('that its intent gave up goes without a word of its agent, and not without the delay', () => {
    const intents: LaunchIntent[] = [intentOf({ closedAt: start - minuteMs })];
    expect(only({ intents }).action).toBe('mark');
    expect(only({ intents, marks: marked }).action).toBe('terminate');
    expect(only({ intents: [intentOf({ machine: 'i-2' })], marks: marked }).action).toBe('terminate');
    expect(only({ intents, marks: marked, reports: new Map([['i-1', answer({ isLeased: true })]]) }).action).toBe(
      'unmark',
    );
  });

  it('whose agent outstays its tail goes, or is stopped where that is wanted and possible', () => {
    const reports = new Map([['i-1', answer({ idleForMs: 5 * minuteMs })]]);
    const intents = [intentOf()];
    expect(only({ intents, marks: marked, reports })).toMatchObject({ action: 'terminate', reason: 'idle' });
    const stopUntil = new Map([['i-1', start + hourMs]]);
    expect(only({ intents, marks: marked, reports, stopUntil })).toMatchObject({ action: 'stop', reason: 'idle' });
    const past = new Map([['i-1', start - 1]]);
    expect(only({ intents, marks: marked, reports, stopUntil: past }).action).toBe('terminate');
    const spot = [machineOf({ market: 'spot' })];
    expect(only({ cloud: spot, intents, marks: marked, reports, stopUntil }).action).toBe('terminate');
  });

  it('that is stopped goes after a time of its own', () => {
    const cloud = [machineOf({ state: 'stopped' })];
    const rules = { ...situationOf().rules, stoppedMs: 2 * hourMs };
    const stoppedAt = (at: number) => new Map([['i-1', { ...oldMark, kind: 'stopped' as const, at }]]);
    const intents = [intentOf()];
    expect(only({ cloud, rules, intents }).action).toBe('mark');
    expect(only({ cloud, rules, intents, marks: marked }).action).toBe('mark');
    expect(only({ cloud, rules, intents, marks: stoppedAt(start - hourMs) })).toMatchObject({
      action: 'leave',
      reason: 'waiting',
    });
    expect(only({ cloud, rules, intents, marks: stoppedAt(start - 2 * hourMs) }).action).toBe('terminate');
    const until = (at: number) =>
      only({ cloud, rules, intents, marks: stoppedAt(start - hourMs), stopUntil: new Map([['i-1', at]]) }).action;
    expect([until(start - 1), until(start + 1), until(start + 9 * hourMs)]).toEqual(['terminate', 'leave', 'leave']);
    const live = { ids: new Set(['j1']), machines: new Set(['i-1']) };
    expect(only({ cloud, rules, intents, live, marks: stoppedAt(start - 2 * hourMs) }).action).toBe('unmark');
    const given = [intentOf({ closedAt: start - hourMs })];
    expect(only({ cloud, rules, intents: given, marks: stoppedAt(start - rules.delayMs) }).action).toBe('terminate');
  });

  it('that is still starting is left for its boot grace, even where its intent gave it up', () => {
    const pending = (ageMs: number) => {
      const launchedAt = start - ageMs;
      const marks = new Map([['i-1', { ...oldMark, launchedAt }]]);
      const cloud = [machineOf({ state: 'pending', launchedAt })];
      return only({ cloud, intents: [intentOf({ closedAt: start })], marks }).action;
    };
    expect(pending(5 * minuteMs)).toBe('unmark');
    expect(pending(10 * minuteMs)).toBe('terminate');
  });

  it('that was started anew, or is another incarnation, begins its delay anew', () => {
    const intents: LaunchIntent[] = [];
    const again = [machineOf({ launchedAt: start - 30 * minuteMs })];
    expect(only({ cloud: again, intents, ...silent, marks: marked }).action).toBe('mark');
    const other = [machineOf({ tags: { incarnation: 'c2' } })];
    expect(only({ cloud: other, intents, ...silent, marks: marked }).action).toBe('mark');
  });

  it('with a mark from the future, or a launch in it, waits', () => {
    const future = new Map([['i-1', { ...oldMark, at: start + minuteMs }]]);
    expect(only({ ...silent, marks: future })).toMatchObject({ action: 'mark', mark: { at: start } });
    const cloud = [machineOf({ launchedAt: start + hourMs })];
    expect(
      only({ cloud, ...silent, marks: new Map([['i-1', { ...oldMark, launchedAt: start + hourMs }]]) }).action,
    ).toBe('unmark');
  });

  it('without a readable end lives its longest life from its launch on', () => {
    const tags = { expiresAt: Number.NaN, owner: '' };
    expect(only({ cloud: [machineOf({ tags })] }).action).toBe('leave');
    expect(only({ cloud: [machineOf({ tags, launchedAt: start - 25 * hourMs })] })).toMatchObject({
      reason: 'expired',
    });
  });

  it('of somebody else goes long past its end where the rules say so', () => {
    const cloud = [machineOf({ tags: { owner: 'bob@desk', expiresAt: start - 2 * hourMs } })];
    const rules = { ...situationOf().rules, othersAfterMs: hourMs };
    expect(only({ cloud }).action).toBe('leave');
    expect(only({ cloud, rules })).toMatchObject({ action: 'terminate', reason: 'foreignExpired' });
    expect(only({ cloud, rules: { ...rules, othersAfterMs: 3 * hourMs } }).action).toBe('leave');
  });

  it('that is kept shows what it costs', () => {
    const cloud = [machineOf({ tags: { keep: 'see ticket 7' } })];
    const spend = { usdToday: 0, usdPerHour: new Map([['i-1', 2.5]]) };
    expect(only({ cloud, spend, ...silent, marks: marked })).toMatchObject({
      action: 'unmark',
      because: 'somebody keeps it, for $2.50 an hour and $2.50 since its start: see ticket 7',
    });
  });

  it('says in a sentence when it goes', () => {
    const mark = { ...oldMark, at: start - minuteMs };
    expect(only({ ...silent, marks: new Map([['i-1', mark]]) })).toEqual({
      machine: 'i-1',
      incarnation: 'c1',
      action: 'leave',
      reason: 'waiting',
      because: 'nobody here wants it and its agent does not answer; it goes in 1m if that stays so',
    });
  });
});

describe('once the day’s budget is spent', () => {
  const ids = ['i-1', 'i-2', 'i-3', 'i-4'];
  const usdPerHour = new Map(ids.map((id, index) => [id, [1, 3, 2, 9][index]!]));
  const rules = { ...situationOf().rules, maxUsdPerDay: 10 };
  const budget: Partial<Situation> = {
    cloud: ids.map(id => machineOf({ id })),
    intents: [intentOf()],
    reports: new Map(ids.map(id => [id, answer({ isLeased: id === 'i-4' })])),
    marks: new Map(
      ids.map(id => [
        id,
        {
          at: start - hourMs + 1,
          launchedAt: start - hourMs,
          incarnation: 'c1',
          kind: 'suspect' as const,
          because: '',
        },
      ]),
    ),
    rules,
  };

  it('idle machines go, the dearest first, and leased ones stay', () => {
    const verdicts = judge(situationOf({ ...budget, spend: { usdToday: 11, usdPerHour } }));
    expect(verdicts.filter(isKill)).toMatchObject(
      ['i-2', 'i-3', 'i-1'].map(machine => ({ machine, reason: 'overBudget' })),
    );
    const within = judge(situationOf({ ...budget, spend: { usdToday: 10, usdPerHour } }));
    expect(within.filter(isKill)).toEqual([]);
  });

  it('nothing is launched again', () => {
    const lost = intentOf({ id: 'a9', tries: [{ clientToken: 't', request: 'r', at: start - hourMs }] });
    const verdict = (usdToday: number) =>
      judge(situationOf({ intents: [lost], cloud: [], rules, spend: { usdToday, usdPerHour } }));
    expect(verdict(1)).toMatchObject([{ intent: 'a9', action: 'replayIntent', reason: 'answerLost' }]);
    expect(verdict(11)).toMatchObject([{ intent: 'a9', action: 'closeIntent', reason: 'overBudget' }]);
  });
});

describe('an intent', () => {
  const tries = [{ clientToken: 't', request: 'r', at: start - hourMs }];
  const of = (intent: Partial<LaunchIntent>, rest: Partial<Situation> = {}) =>
    judge(situationOf({ cloud: [], intents: [intentOf(intent)], ...rest })).map(
      ({ action, reason }) => `${action} ${reason}`,
    );

  it('without a machine is asked again or closed, once its last try is old', () => {
    expect(of({ tries })).toEqual(['replayIntent answerLost']);
    expect(of({ tries: [...tries, { ...tries[0]!, at: start - minuteMs }] })).toEqual([]);
    expect(of({})).toEqual(['closeIntent neverAsked']);
    expect(of({ tries, expiresAt: start - hourMs })).toEqual(['closeIntent intentExpired']);
    expect(of({ tries, closedAt: start })).toEqual([]);
    expect(of({ tries, owner: 'bob@desk' })).toEqual([]);
  });

  it('whose job is over is closed, and one whose job is about to ask is left', () => {
    const live = { ids: new Set(['j1']), machines: new Set<string>() };
    expect(of({ tries, job: 'j2' }, { live })).toEqual(['closeIntent jobOver']);
    expect(of({ tries, job: 'j1' }, { live })).toEqual(['replayIntent answerLost']);
    expect(of({ job: 'j1' }, { live })).toEqual([]);
  });

  it('with a machine is closed when that was seen terminated, and not when it is merely unknown', () => {
    expect(of({ machine: 'i-1' })).toEqual([]);
    const cloud = [machineOf({ state: 'terminated' })];
    expect(of({ machine: 'i-1' }, { cloud })).toContain('closeIntent machineEnded');
    expect(of({ machine: 'i-1' }, { cloud: [machineOf({ state: 'shutting-down' })] })).toEqual(['leave ending']);
  });

  it('is left where the list broke off', () => {
    expect(of({ tries }, { isComplete: false })).toEqual([]);
  });
});
