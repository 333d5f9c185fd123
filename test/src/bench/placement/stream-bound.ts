import { carryOut } from './carry-out.js';
import { candidateOf, type Place } from './places.js';
import type { Arrival } from './stream.js';

const hourMs = 3_600_000;

/**
 * The least that any rule could pay for a stream, had it known all of it before: after each job some machines are kept up and billed over the gap and
 * over what runs elsewhere, and the others are ended and cost a start when they are next used. The best of all such ways, by going through the
 * sets of machines that can be up: exact for the machines that it is given.
 */
export function streamBound(
  arrivals: readonly Arrival[],
  functions: readonly Place[],
  machines: readonly Place[],
): number {
  const sets = 1 << machines.length;
  let cost = new Float64Array(sets).fill(Number.POSITIVE_INFINITY);
  cost[0] = 0;
  for (const { job, gapMs } of arrivals) {
    const all = job.ms.map((_, index) => index);
    const needBytes = Math.max(...job.peakBytes);
    const asked = { cpus: job.fn.cpus, memoryBytes: needBytes };
    const at = (place: Place) => {
      if (place.memoryBytes < needBytes) return undefined;
      const candidate = candidateOf(place, asked, { idleTailMs: 0 });
      const done = carryOut(job, all, place, { candidate, limitBytes: needBytes });
      return done.timedOut.length > 0 ? undefined : done;
    };
    const asFunctions = functions.flatMap(place => at(place) ?? []);
    const cheapest = asFunctions.toSorted((a, b) => a.usd - b.usd)[0];
    const onMachines = machines.map(place => at(place));
    const next = new Float64Array(sets).fill(Number.POSITIVE_INFINITY);
    for (let before = 0; before < sets; before++) {
      if (cost[before] === Number.POSITIVE_INFINITY) continue;
      // Every set that is kept over the gap is one of what was up.
      for (let kept = before; ; kept = (kept - 1) & before) {
        const idleUsd = (ms: number, but: number): number =>
          machines.reduce(
            (sum, { usdPerHour }, i) => sum + (kept & (1 << i) && i !== but ? (usdPerHour * ms) / hourMs : 0),
            0,
          );
        const paid = cost[before]! + idleUsd(gapMs, -1);
        if (cheapest !== undefined) improve(next, kept, paid + cheapest.usd + idleUsd(cheapest.ms, -1));
        for (const [i, done] of onMachines.entries()) {
          if (done === undefined) continue;
          const { usdPerHour, startMs } = machines[i]!;
          const isUp = (kept & (1 << i)) !== 0;
          const runMs = done.ms - startMs * job.startFactor;
          const ownUsd = (usdPerHour * (isUp ? runMs : Math.max(60_000, done.ms))) / hourMs;
          improve(next, kept | (1 << i), paid + ownUsd + idleUsd(isUp ? runMs : done.ms, i));
        }
        if (kept === 0) break;
      }
    }
    cost = next;
  }
  return Math.min(...cost);
}

function improve(costs: Float64Array, set: number, usd: number): void {
  if (usd < costs[set]!) costs[set] = usd;
}
