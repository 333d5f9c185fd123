import { MegalithError, parseDuration, parseSize } from '@megalith/core';
import type { PoolOptions, WarmUpOptions } from '@megalith/standalone';

export interface WarmFlags {
  readonly shape?: string | undefined;
  readonly cpus?: number | undefined;
  readonly memory?: string | undefined;
  readonly for: string;
}

export interface WarmWishes {
  readonly requirements: WarmUpOptions['requirements'];
  readonly pool: Pick<PoolOptions, 'types' | 'idleMs'>;
}

/** Of a machine of a given type nothing else is asked. */
const anything = { cpus: 1, memoryBytes: 2 ** 28 };

/** @throws MegalithError USAGE */
export function warmWishes({ shape, cpus, memory, for: stay }: WarmFlags): WarmWishes {
  const idleMs = parseDuration(stay);
  if (idleMs === 0) throw new MegalithError('USAGE', '"--for 0" keeps no machine warm', { hint: 'write --for 30m' });
  if (shape !== undefined) return { requirements: anything, pool: { types: [shape], idleMs } };
  if (cpus === undefined && memory === undefined) {
    throw new MegalithError('USAGE', 'it is not said which machines to make', {
      hint: 'give --shape TYPE, or --cpus and --memory',
    });
  }
  return {
    requirements: { cpus: cpus ?? 1, memoryBytes: memory === undefined ? anything.memoryBytes : parseSize(memory) },
    pool: { idleMs },
  };
}
