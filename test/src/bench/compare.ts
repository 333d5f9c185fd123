import type { BenchCase, Row } from './bench.js';
import { median } from './median.js';

/**
 * Measures both sides of a case, run by run in turns (ours, peer, peer, ours, …), so that a machine that slows down or
 * speeds up meanwhile does so for both.
 */
export async function compare(bench: string, subject: BenchCase): Promise<Row> {
  const ours: number[] = [];
  const peer: number[] = [];
  for (let run = 0; run < subject.runs; run++) {
    const oursFirst = run % 2 === 0;
    if (oursFirst) ours.push(await subject.ours());
    peer.push(await subject.peer());
    if (!oursFirst) ours.push(await subject.ours());
  }
  const [oursMedian, peerMedian] = [median(ours), median(peer)];
  return {
    bench,
    case: subject.name,
    ours: rounded(oursMedian),
    peer: rounded(peerMedian),
    peerName: subject.peerName,
    unit: subject.unit,
    ratio: rounded(oursMedian / peerMedian),
  };
}

/** Four digits that count; more would be noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
