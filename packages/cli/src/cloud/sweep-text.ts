import { type Deed, linesOf, type SweepReport } from '@megalith/standalone';
import { errorReport, reportJson } from '../error-report.js';
import { table } from '../output/table.js';

/** What a sweep did, or would do, for people. */
export function sweepText(report: SweepReport, isDryRun: boolean): string {
  return isDryRun
    ? judgedText(report)
    : linesOf(report)
        .map(line => `${line}\n`)
        .join('');
}

/** Everything that was looked at, what would become of it, and why. */
function judgedText({ verdicts, deeds, problems }: SweepReport): string {
  const rows = verdicts.map(verdict => [
    'intent' in verdict ? verdict.intent : verdict.machine,
    verdict.action,
    verdict.because,
  ]);
  const leftovers = deeds
    .flatMap(deed => ('leftover' in deed ? [deed.leftover] : []))
    .map(({ kind, id, why }) => [`${kind} ${id}`, 'remove', why]);
  const headings = ['WHAT', 'ACTION', 'WHY'].map(heading => ({ heading }));
  return `${table(headings, [...rows, ...leftovers])}${problems.map(problem => `problem: ${problem}\n`).join('')}`;
}

/** One line on how much there was. */
export function sweepSummary({ machines, deeds, heldBy }: SweepReport, isDryRun: boolean): string {
  if (heldBy !== undefined) return 'another process sweeps at this moment';
  const counted = `${machines} machine${machines === 1 ? '' : 's'}`;
  if (deeds.length === 0) return `${counted} looked at, nothing to do`;
  if (isDryRun) return `${counted} looked at, ${deeds.length} thing${deeds.length === 1 ? '' : 's'} to do`;
  const failed = deeds.filter(hasFailed).length;
  return `${counted} looked at, ${deeds.length - failed} of ${deeds.length} things done`;
}

/** The report as programs get it. */
export function sweepJson({ listError, ...report }: SweepReport): object {
  return listError === undefined ? report : { ...report, listError: reportJson(errorReport(listError)).error };
}

/** 0, or 6 where the list was incomplete or something could not be ended. One that another process does is none of ours. */
export function sweepExitCode({ isComplete, deeds, heldBy }: SweepReport): number {
  if (heldBy !== undefined) return 0;
  return isComplete && !deeds.some(hasFailed) ? 0 : 6;
}

function hasFailed({ outcome }: Deed): boolean {
  return outcome === 'failed';
}
