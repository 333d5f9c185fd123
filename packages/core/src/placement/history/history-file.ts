import { fieldsOf, parsedJson } from '@megalith/agent';
import { emptyHistory, type History, mergeHistories, type SampleCounts } from './history.js';
import { sampleOutcomes, type TaskSample } from './task-sample.js';

/** A history as it lies in a file or in a store. */
export interface HistoryFile {
  readonly history: History;
  /** When the shared one was last asked for, epoch milliseconds; only in files of a home. */
  readonly pulledAt?: number;
}

const version = 1;

export function historyText({ history, pulledAt }: HistoryFile): string {
  return `${JSON.stringify({ version, ...(pulledAt === undefined ? {} : { pulledAt }), ...history })}\n`;
}

/** Undefined for what is damaged, or of another version. What has more samples than a history keeps is cut. */
export function parseHistory(text: string): HistoryFile | undefined {
  const file = fieldsOf(parsedJson(text));
  const { samples, counts, pulledAt } = file;
  if (file.version !== version || !Array.isArray(samples) || !samples.every(isSample) || !isCounts(counts)) {
    return undefined;
  }
  const history = mergeHistories(emptyHistory, { samples, counts });
  return isFigure(pulledAt) ? { history, pulledAt } : { history };
}

function isSample(value: unknown): value is TaskSample {
  const { task, attempt, at, outcome, runMs, cpuMs, vcpus, peakMemoryBytes, limitBytes, bytesIn, bytesOut } =
    fieldsOf(value);
  return (
    typeof task === 'string' &&
    task.length <= 200 &&
    (sampleOutcomes as readonly unknown[]).includes(outcome) &&
    [attempt, at, runMs, vcpus, bytesIn, bytesOut].every(isFigure) &&
    [cpuMs, peakMemoryBytes, limitBytes].every(figure => figure === undefined || isFigure(figure))
  );
}

function isCounts(value: unknown): value is SampleCounts {
  const counts = fieldsOf(value);
  return Object.keys(emptyHistory.counts).every(outcome => isFigure(counts[outcome]));
}

function isFigure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
