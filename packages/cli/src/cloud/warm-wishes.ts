import { type Label, MegalithError, parseDuration, parseSize, requireClearance } from '@megalith/core';
import type { Ec2Pool, PoolOptions, WarmUpOptions } from '@megalith/standalone';

export interface WarmFlags {
  readonly shape?: string | undefined;
  readonly cpus?: number | undefined;
  readonly memory?: string | undefined;
  readonly for: string;
  /** One of the labels, as the flag sees to. */
  readonly label?: string | undefined;
}

export interface WarmWishes {
  readonly requirements: WarmUpOptions['requirements'];
  readonly label?: Label;
  readonly pool: Pick<PoolOptions, 'types' | 'idleMs'>;
}

/** Of a machine of a given type nothing else is asked. */
const anything = { cpus: 1, memoryBytes: 2 ** 28 };

/** @throws MegalithError USAGE */
export function warmWishes({ shape, cpus, memory, for: stay, label }: WarmFlags): WarmWishes {
  const its = label === undefined ? {} : { label: label as Label };
  const idleMs = parseDuration(stay);
  if (idleMs === 0) throw new MegalithError('USAGE', '"--for 0" keeps no machine warm', { hint: 'write --for 30m' });
  if (shape !== undefined) return { ...its, requirements: anything, pool: { types: [shape], idleMs } };
  if (cpus === undefined && memory === undefined) {
    throw new MegalithError('USAGE', 'it is not said which machines to make', {
      hint: 'give --shape TYPE, or --cpus and --memory',
    });
  }
  return {
    ...its,
    requirements: { cpus: cpus ?? 1, memoryBytes: memory === undefined ? anything.memoryBytes : parseSize(memory) },
    pool: { idleMs },
  };
}

/**
 * The label of machines that are to be warm, which only jobs of the same get.
 * @throws MegalithError POLICY where the pool is not cleared for it
 */
export function warmLabelOf(
  { warmLabel, settings, cloud }: Pick<Ec2Pool, 'warmLabel' | 'settings' | 'cloud'>,
  wished: Label = warmLabel,
): Label {
  requireClearance(wished, { name: `${cloud.name} ${cloud.region}`, clearance: settings.clearance }, 'pool warm');
  return wished;
}
