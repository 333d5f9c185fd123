import { configuredPool, type SweepReport, sweepPool, watch } from '@megalith/standalone';
import { Interrupt } from '../run/interrupt.js';
import { poolPlace } from './pool-place.js';

export interface WatchWishes {
  /** Each line of the log. */
  readonly say: (line: string) => void;
  /** Each sweep that there was. */
  readonly onSwept: (report: SweepReport) => void;
}

/**
 * Sweeps again and again, until SIGTERM, SIGINT or SIGHUP. The config is read anew for each sweep.
 * @throws MegalithError NOT_CONFIGURED, CONFIG, USAGE where another process watches this home
 */
export async function dismantleWatch({ say, onSwept }: WatchWishes): Promise<void> {
  const place = poolPlace();
  (await configuredPool(place)).close();
  using interrupt = new Interrupt({ onFirst: () => undefined, onSecond: () => process.exit(130) });
  await watch({
    home: place.home,
    signal: interrupt.signal,
    say,
    sweep: async signal => {
      const pool = await configuredPool(place);
      try {
        const report = await sweepPool(pool, { signal });
        onSwept(report);
        return [report];
      } finally {
        pool.close();
      }
    },
  });
}
