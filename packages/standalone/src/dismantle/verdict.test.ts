import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloudMachine } from '../pool/cloud-machine.js';
import { mergeMarks } from './marks.js';
import { anyMachine, anyRules, anySituation, hourMs, me, skewMs, start, unreachable } from './situation.fixture.js';
import { endOf, type Situation } from './situation.js';
import { judge, type MachineVerdict, type Verdict } from './verdict.js';

const runs = { numRuns: 6000 };
const ended = new Set(['shutting-down', 'terminated']);

function ofMachine(verdicts: readonly Verdict[], id: string): MachineVerdict | undefined {
  return verdicts.find((verdict): verdict is MachineVerdict => 'machine' in verdict && verdict.machine === id);
}

function isKill({ action }: Verdict): boolean {
  return action === 'terminate' || action === 'stop';
}

/** The machines of a situation that are listed once, so that there is no doubt which one is meant. */
function single({ cloud }: Situation): readonly CloudMachine[] {
  return cloud.filter(({ id }) => cloud.filter(each => each.id === id).length === 1);
}

function isPastEnd(machine: CloudMachine, { now, rules }: Situation): boolean {
  return now > endOf(machine, rules) + skewMs;
}

function hasFreshWork({ id }: CloudMachine, { reports, now, rules }: Situation): boolean {
  const report = reports.get(id);
  if (report?.state !== 'answered' || now - report.at > rules.reportFreshMs) return false;
  return report.jobs > 0 || report.isLeased;
}

function afterwards(situation: Situation, verdicts: readonly Verdict[]): Situation {
  const { cloud, isComplete = true, isClockSuspect = false, now, marks } = situation;
  return { ...situation, marks: mergeMarks(marks, verdicts, { cloud, isComplete, isClockSuspect }, now) };
}

function each(check: (machine: CloudMachine, verdict: MachineVerdict, situation: Situation) => void): void {
  fc.assert(
    fc.property(anySituation, situation => {
      const verdicts = judge(situation);
      for (const machine of single(situation)) check(machine, ofMachine(verdicts, machine.id)!, situation);
    }),
    runs,
  );
}

describe('whatever clouds, intents, agents, marks and clocks say', () => {
  it('a machine whose agent just reported work ends only past its end', () => {
    each((machine, verdict, situation) => {
      if (hasFreshWork(machine, situation) && !isPastEnd(machine, situation)) expect(isKill(verdict)).toBe(false);
    });
  });

  it('a machine of this owner is terminated past its end, unless the clock was set', () => {
    each((machine, verdict, situation) => {
      const isOurs = machine.tags.owner === me || machine.tags.owner === '';
      if (!isOurs || ended.has(machine.state) || !isPastEnd(machine, situation)) return;
      if (situation.isClockSuspect) expect(isKill(verdict)).toBe(false);
      else expect(verdict).toMatchObject({ action: 'terminate', reason: 'expired' });
    });
  });

  it('a machine of somebody else is left', () => {
    each((machine, verdict) => {
      if (machine.tags.owner === 'bob@desk') expect(verdict.action).toBe('leave');
    });
  });

  it('nobody ends a kept machine before its end', () => {
    each((machine, verdict, situation) => {
      if (machine.tags.keep !== undefined && !isPastEnd(machine, situation)) expect(isKill(verdict)).toBe(false);
    });
  });

  it('a kill needs the end of the machine, or a mark of its incarnation and start that is older than the delay', () => {
    each((machine, verdict, situation) => {
      if (!isKill(verdict) || isPastEnd(machine, situation)) return;
      const mark = situation.marks.get(machine.id);
      expect(mark?.incarnation).toBe(machine.tags.incarnation);
      expect(mark?.launchedAt).toBe(machine.launchedAt);
      expect(situation.now - mark!.at).toBeGreaterThanOrEqual(situation.rules.delayMs);
    });
  });

  it('nothing ends while the clock is in doubt, and what comes to its end is left alone', () => {
    each((machine, verdict, situation) => {
      if (situation.isClockSuspect || ended.has(machine.state)) expect(isKill(verdict)).toBe(false);
    });
  });

  it('a machine that starts is left until its boot grace is over', () => {
    each((machine, verdict, situation) => {
      const isYoung = situation.now - machine.launchedAt < situation.rules.bootGraceMs;
      if (machine.state === 'pending' && isYoung && !isPastEnd(machine, situation)) expect(isKill(verdict)).toBe(false);
    });
  });

  it('the verdicts depend on nothing else, not on the order either', () => {
    fc.assert(
      fc.property(anySituation, fc.infiniteStream(fc.nat()), (situation, random) => {
        const mixed = <T>(items: Iterable<T>): T[] =>
          [...items]
            .map(item => ({ item, at: random.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const other: Situation = {
          ...situation,
          cloud: mixed(situation.cloud),
          intents: mixed(situation.intents),
          reports: new Map(mixed(situation.reports)),
          marks: new Map(mixed(situation.marks)),
        };
        expect(judge(other)).toEqual(judge(situation));
      }),
      { numRuns: 5000 },
    );
  });

  it('a second look at once finds nothing more to do', () => {
    fc.assert(
      fc.property(anySituation, situation => {
        const first = judge(situation);
        const then = afterwards(situation, first);
        const second = judge(then);
        expect(second.filter(isKill)).toEqual(first.filter(isKill));
        expect(afterwards(then, second).marks).toEqual(then.marks);
        const news = second.filter(({ action }) => action === 'mark' || action === 'unmark');
        if (!situation.isClockSuspect) expect(news).toEqual([]);
      }),
      runs,
    );
  });

  it('an orphan that neither answers nor passes the cloud’s checks ends in the second of two sweeps that are a delay apart', () => {
    const sweeps = fc.record({
      machine: anyMachine,
      rules: anyRules,
      more: fc.nat(hourMs),
      situation: anySituation,
    });
    fc.assert(
      fc.property(sweeps, ({ machine: any, rules, more, situation: noise }) => {
        const machine = {
          ...any,
          state: 'running' as const,
          launchedAt: start - hourMs,
          tags: { ...any.tags, owner: me, keep: undefined, intent: 'nobody’s', expiresAt: start + 24 * hourMs },
        } as unknown as CloudMachine;
        const { keep: _, ...tags } = machine.tags;
        const orphan = { ...machine, tags };
        const { live: __, ...rest } = noise;
        const sweepAt = (now: number, marks: Situation['marks']): Situation => ({
          ...rest,
          cloud: [...noise.cloud.filter(({ id }) => id !== orphan.id), orphan],
          isClockSuspect: false,
          rules,
          reports: new Map([...noise.reports, [orphan.id, { ...unreachable, at: now }]]),
          impaired: new Set([orphan.id]),
          marks,
          now,
        });
        const first = sweepAt(start, noise.marks);
        const verdicts = judge(first);
        if (ofMachine(verdicts, orphan.id)!.action === 'terminate') return;
        const second = sweepAt(start + rules.delayMs + more, afterwards(first, verdicts).marks);
        expect(ofMachine(judge(second), orphan.id)).toMatchObject({ action: 'terminate', reason: 'orphan' });
      }),
      runs,
    );
  });

  it('a machine that has served and is only out of reach from here lives to its own end, unless its intent gave it up', () => {
    fc.assert(
      fc.property(anySituation, situation => {
        const running = situation.cloud.filter(({ state }) => state === 'running');
        const cut: Situation = {
          ...situation,
          cloud: running,
          intents: situation.intents.map(({ closedAt: _, machine: __, ...intent }) => ({ ...intent, servedAt: start })),
          reports: new Map(running.map(({ id }) => [id, { ...unreachable, at: situation.now }])),
          impaired: new Set(),
        };
        for (const { reason } of judge(cut).filter(isKill)) expect(reason).toBe('expired');
      }),
      runs,
    );
  });

  it('a list that broke off says nothing of what it does not hold', () => {
    fc.assert(
      fc.property(anySituation, situation => {
        const broken = { ...situation, isComplete: false, isClockSuspect: false };
        const verdicts = judge(broken);
        const listed = new Set(situation.cloud.map(({ id }) => id));
        expect(verdicts.every(verdict => 'machine' in verdict && listed.has(verdict.machine))).toBe(true);
        for (const [id, mark] of situation.marks) {
          if (!listed.has(id)) expect(afterwards(broken, verdicts).marks.get(id)).toEqual(mark);
        }
      }),
      runs,
    );
  });
});
