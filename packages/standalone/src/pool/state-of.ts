import { higherLabel } from '@megalith/agent';
import type { AgentReport } from './agent-report.js';
import type { CloudMachine } from './cloud-machine.js';
import type { LaunchIntent } from './launch-intent.js';
import type { Life, LifeState } from './lifecycle.js';

/** Older reports say nothing about now, milliseconds. */
export const reportFreshMs = 2 * 60_000;
/** So long a machine may take from its launch until its agent answers, milliseconds. */
export const bootGraceMs = 10 * 60_000;

/**
 * Where a machine is in its life, from facts alone: what the cloud lists, what its agent said, and what was intended. Nothing else is
 * remembered, so that two clients that see the same agree. Without an agent's word, the tag's label counts as held.
 */
export function stateOf(
  cloud: CloudMachine,
  agent: AgentReport | undefined,
  intent: LaunchIntent | undefined,
  now: number,
): Life {
  const clearance = cloud.tags.label;
  // A report from before the machine was started anew is of another run.
  const current = agent !== undefined && agent.at >= cloud.launchedAt ? agent : undefined;
  const said = agent?.state === 'answered' ? agent.label : undefined;
  const held = said === undefined ? clearance : higherLabel(said, clearance);
  const isHeldBy = cloud.state === 'running' && current?.state === 'answered' && (current.jobs > 0 || current.isLeased);
  return { state: inCloud(cloud, current, intent, now), clearance, held, isLeased: isHeldBy };
}

function inCloud(
  cloud: CloudMachine,
  report: AgentReport | undefined,
  intent: LaunchIntent | undefined,
  now: number,
): LifeState {
  switch (cloud.state) {
    case 'pending':
      return 'launching';
    case 'running':
      return whileRunning(cloud, report, intent, now);
    case 'shutting-down':
      return 'terminating';
    default:
      return cloud.state;
  }
}

function whileRunning(
  cloud: CloudMachine,
  report: AgentReport | undefined,
  intent: LaunchIntent | undefined,
  now: number,
): LifeState {
  if (report === undefined || report.state !== 'answered') {
    return now - cloud.launchedAt < bootGraceMs ? 'bootstrapping' : 'lost';
  }
  if (now - report.at > reportFreshMs) return 'lost';
  const isUnwanted = intent?.closedAt !== undefined || now >= cloud.tags.expiresAt;
  if (report.isDraining || report.isInterrupted || isUnwanted) return 'draining';
  return report.jobs > 0 || report.isLeased ? 'leased' : 'warm';
}
