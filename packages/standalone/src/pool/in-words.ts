/** `75 s`, `12 min`, `2.5 h`: short enough for a sentence. */
export function formatMs(ms: number): string {
  if (ms < 120_000) return `${rounded(ms / 1000)} s`;
  if (ms < 7_200_000) return `${rounded(ms / 60_000)} min`;
  return `${rounded(ms / 3_600_000)} h`;
}

/** Dollars with the digits that tell something: `$12.30`, `$0.0042`. */
export function formatUsd(usd: number): string {
  if (usd === 0 || usd >= 0.1) return `$${usd.toFixed(2)}`;
  return `$${Number(usd.toPrecision(2))}`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
