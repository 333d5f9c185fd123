/** Dollars with the digits that tell something: `$12.30`, `$0.0042`, `<$0.0001`. */
export function formatUsd(usd: number): string {
  if (usd === 0 || usd >= 0.1) return `$${usd.toFixed(2)}`;
  return usd < 0.0001 ? '<$0.0001' : `$${Number(usd.toPrecision(2))}`;
}
