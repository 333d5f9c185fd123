/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What is so. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A line a finding; what to do stands below. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(finding => finding.check.length));
  return findings
    .map(({ check, state, detail, hint }) => {
      const line = `${state.padEnd(7)}  ${check.padEnd(width)}  ${detail}\n`;
      return hint === undefined ? line : `${line}${' '.repeat(11 + width)}hint: ${hint}\n`;
    })
    .join('');
}
