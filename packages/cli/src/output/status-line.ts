import { formatDuration, formatSize } from '@megalith/core';

/** What a progress display tells about a job. */
export interface ProgressView {
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly running: number;
  /** Tasks known so far. */
  readonly total: number;
  /** True once the input was read to its end, so that `total` is final. */
  readonly complete: boolean;
  /** Part of the input that was read, 0 to 1. */
  readonly fractionRead?: number | undefined;
  readonly ratePerSecond?: number | undefined;
  readonly peakMemoryBytes?: number | undefined;
  readonly elapsedMs: number;
  /** What is said of a place that is still being made. */
  readonly place?: string | undefined;
  /** What is said of files on their way. */
  readonly files?: string | undefined;
}

/** One line on how a job does, at most `columns` wide: what matters least is left out first. */
export function statusLine(view: ProgressView, columns = Number.POSITIVE_INFINITY): string {
  const parts = [
    placeText(view),
    progressText(view),
    view.failed > 0 ? `${view.failed} failed` : '',
    view.files ?? '',
    timeLeftText(view),
    `${view.running} running`,
    rateText(view.ratePerSecond),
    view.peakMemoryBytes === undefined ? '' : `peak ${formatSize(view.peakMemoryBytes)}`,
  ].filter(part => part !== '');
  while (parts.length > 1 && parts.join(', ').length > columns) parts.pop();
  return parts.join(', ').slice(0, columns);
}

/** With the time since the job began: of a boot nothing else moves. */
function placeText({ place, elapsedMs }: ProgressView): string {
  return place === undefined ? '' : `${formatDuration(Math.floor(elapsedMs / 1000) * 1000)}: ${place}`;
}

function progressText(view: ProgressView): string {
  const ended = view.done + view.failed + view.cancelled;
  if (!view.complete) return `${ended} done`;
  const percent = view.total === 0 ? 100 : Math.floor((100 * ended) / view.total);
  return `${ended}/${view.total} done (${percent}%)`;
}

function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined || perSecond <= 0) return '';
  if (perSecond >= 10) return `${Math.round(perSecond)}/s`;
  return perSecond >= 1 / 6 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
}

function timeLeftText(view: ProgressView): string {
  const leftMs = timeLeftMs(view);
  return leftMs === undefined ? '' : `ETA ${formatDuration(Math.ceil(leftMs / 1000) * 1000)}`;
}

/** Time until the last task ends, at the present rate. While input is still being read, its length is inferred from the part read. */
export function timeLeftMs(view: ProgressView): number | undefined {
  const ended = view.done + view.failed + view.cancelled;
  const rate = view.ratePerSecond;
  if (rate === undefined || rate <= 0) return undefined;
  const total = view.complete ? view.total : inferredTotal(view);
  if (total === undefined || total <= ended) return undefined;
  return ((total - ended) * 1000) / rate;
}

function inferredTotal(view: ProgressView): number | undefined {
  const fraction = view.fractionRead;
  // At the very end of the reading, what is still on its way would be missed.
  return fraction === undefined || fraction <= 0 || fraction >= 1 ? undefined : view.total / fraction;
}
