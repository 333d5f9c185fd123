import { causeOfDeath } from '../memory/cause-of-death.js';
import type { CgroupUsage } from '../memory/task-cgroup.js';
import type { Failure } from '../protocol/messages.js';
import type { CommandEnd, CommandSpec } from './command.js';
import type { CommandUsage } from './usage-sampler.js';

/** Why we ended a command. */
export interface CommandStop {
  readonly by: 'timeout' | 'cancel' | 'memory' | 'output';
  readonly reason?: string;
}

/** All that is known when a command has ended. */
export interface CommandFacts {
  readonly spec: CommandSpec;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stop: CommandStop | undefined;
  readonly sampled: CommandUsage | undefined;
  /** Undefined for a command without a cgroup of its own. */
  readonly cgroup: CgroupUsage | undefined;
  /** Kills by the kernel outside of such a cgroup that may explain its end. */
  readonly oomKills: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stderrTail: string;
}

/** Draws up the account of a command that has ended. */
export function commandEnd(facts: CommandFacts): CommandEnd {
  const { exitCode, signal, sampled, cgroup, startedAt, endedAt, stderrTail } = facts;
  const peakMemoryBytes = peak(sampled, cgroup);
  const cpuUserMs = cgroup?.cpuUserMs ?? sampled?.cpuUserMs;
  const cpuSystemMs = cgroup?.cpuSystemMs ?? sampled?.cpuSystemMs;
  const failure = failureOf(facts, peakMemoryBytes);
  return {
    exitCode,
    signal,
    ...(failure && { failure }),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
    ...(cpuUserMs !== undefined && { cpuUserMs }),
    ...(cpuSystemMs !== undefined && { cpuSystemMs }),
    startedAt,
    endedAt,
    stderrTail,
  };
}

/**
 * Samples may miss a short peak and count shared memory twice; the kernel's figure misses nothing and counts cached
 * files too. The lower of the two is nearest to the truth, unless the kernel killed for its own figure.
 */
function peak(sampled: CommandUsage | undefined, cgroup: CgroupUsage | undefined): number | undefined {
  const counted = cgroup?.peakMemoryBytes;
  // A process that was only seen when it had ended shows none.
  const seen = sampled?.peakMemoryBytes || undefined;
  if (counted === undefined || seen === undefined || cgroup?.oomKills) return counted ?? seen;
  return Math.min(counted, seen);
}

function failureOf(facts: CommandFacts, peakMemoryBytes: number | undefined): Failure | undefined {
  const { spec, stop, exitCode, signal, stderrTail, cgroup } = facts;
  if (stop?.by === 'output') {
    return { code: 'CRASHED', message: `the command's output could not be kept: ${stop.reason}`, stderrTail };
  }
  if (!stop && exitCode === 0 && !cgroup?.oomKills) return undefined;
  return causeOfDeath({
    exitCode,
    signal,
    stderrTail,
    oomKills: cgroup?.oomKills ?? facts.oomKills,
    ownCgroup: cgroup !== undefined,
    what: 'the command',
    ...(stop && { killedByUs: stop.by }),
    ...(stop?.reason !== undefined && { reason: stop.reason }),
    ...(spec.timeoutMs !== undefined && { timeoutMs: spec.timeoutMs }),
    ...(spec.memoryLimitBytes !== undefined && { memoryLimitBytes: spec.memoryLimitBytes }),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
  });
}
