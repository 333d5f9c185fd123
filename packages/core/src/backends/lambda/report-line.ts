/** What AWS says of a call in the last line of its log. */
export interface CallReport {
  /** What the handler took, milliseconds. */
  readonly durationMs: number;
  /** What is paid for, milliseconds. */
  readonly billedMs: number;
  readonly memoryMib: number;
  /** Of the sandbox since it began, not of this call alone. */
  readonly peakMemoryMib: number;
  /** Set where the sandbox was made for this call. */
  readonly initMs?: number;
}

/** Finds the line in the end of a log; undefined where AWS gave none, or has changed its form. */
export function readReport(logTail: string): CallReport | undefined {
  const at = logTail.lastIndexOf('REPORT RequestId:');
  if (at === -1) return undefined;
  const line = logTail.slice(at);
  const figure = (name: string): number | undefined => {
    const found = new RegExp(`\\b${name}: ([\\d.]+)`).exec(line)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  // The first on the line.
  const durationMs = figure('Duration');
  const billedMs = figure('Billed Duration');
  const memoryMib = figure('Memory Size');
  const peakMemoryMib = figure('Max Memory Used');
  const initMs = figure('Init Duration');
  if (durationMs === undefined || billedMs === undefined || memoryMib === undefined || peakMemoryMib === undefined)
    return undefined;
  return { durationMs, billedMs, memoryMib, peakMemoryMib, ...(initMs === undefined ? {} : { initMs }) };
}

/** The end of a log without what the function wrote. */
export function reportOnly(logTail: string): string {
  const at = logTail.lastIndexOf('REPORT RequestId:');
  return at === -1 ? '' : logTail.slice(at);
}

/** Lines that the platform itself writes. */
const platformLine =
  /^(INIT_START|INIT_REPORT|START RequestId|END RequestId|REPORT RequestId|XRAY TraceId|RequestId: )/;

/** What the function wrote, without the platform's own lines. */
export function ownLines(logTail: string): string {
  return logTail
    .split('\n')
    .filter(line => !platformLine.test(line) && line.trim() !== '')
    .join('\n');
}
