import type { Bill } from './ec2-simulator.js';
import type { Instance } from './state/instance.js';

/** What an instance cost until `now`: each start by the second, a minute at least. */
export function billOf(instance: Instance, now: number): Bill {
  const seconds = instance.runs
    .map(({ from, to }) => Math.max(60, Math.ceil(((to ?? now) - from) / 1000)))
    .reduce((sum, run) => sum + run, 0);
  return {
    instanceId: instance.id,
    type: instance.spec.type.type,
    market: instance.spec.market,
    seconds,
    usd: (seconds / 3600) * instance.usdPerHour,
  };
}
