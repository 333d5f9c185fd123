import { formatDuration, formatUsd } from '@megalith/core';
import type { DrainedMachine, PooledState } from '@megalith/standalone';
import { table } from '../output/table.js';

/** The listing of `megalith pool ls`. */
export function poolTable(machines: readonly PooledState[]): string {
  return table(
    [
      { heading: 'ID' },
      { heading: 'STATE' },
      { heading: 'TYPE' },
      { heading: 'ZONE' },
      { heading: 'MARKET' },
      { heading: 'OWNER' },
      { heading: 'COST', align: 'right' },
      { heading: 'AN HOUR', align: 'right' },
      { heading: 'ENDS IN', align: 'right' },
      { heading: 'EXPIRES IN', align: 'right' },
      { heading: 'WHY' },
    ],
    machines.map(machine => [
      machine.id,
      machine.state,
      machine.type,
      machine.zone,
      machine.market,
      machine.owner || '-',
      usdText(machine.usdSoFar),
      usdText(machine.usdPerHour),
      leftText(machine.endsInMs),
      leftText(machine.expiresInMs),
      machine.why.join(', ') || '-',
    ]),
  );
}

/** What `megalith pool drain` says. */
export function drainTable(machines: readonly DrainedMachine[]): string {
  return table(
    [{ heading: 'ID' }, { heading: 'STATE' }, { heading: 'WHY' }],
    machines.map(({ id, state, problem = '-' }) => [id, state, problem]),
  );
}

/** What `megalith pool warm` says. */
export function warmTable(
  machines: readonly {
    readonly id: string;
    readonly type: string;
    readonly zone: string;
    readonly market: string;
  }[],
): string {
  return table(
    ['ID', 'TYPE', 'ZONE', 'MARKET'].map(heading => ({ heading })),
    machines.map(({ id, type, zone, market }) => [id, type, zone, market]),
  );
}

function usdText(usd: number | undefined): string {
  return usd === undefined ? '-' : formatUsd(usd);
}

/** In whole seconds. */
function leftText(ms: number | undefined): string {
  return ms === undefined ? '-' : formatDuration(Math.ceil(ms / 1000) * 1000);
}
