/** `75 s`, `12 min`, `2.5 h`: short enough for a sentence. */
export function formatMs(ms: number): string {
  if (ms < 120_000) return `${rounded(ms / 1000)} s`;
  if (ms < 7_200_000) return `${rounded(ms / 60_000)} min`;
  return `${rounded(ms / 3_600_000)} h`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
