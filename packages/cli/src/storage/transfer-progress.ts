import { type CopyProgress, formatDuration, formatSize } from '@megalith/core';
import type { ProgressStream } from '../output/progress.js';
import { Rate } from '../output/rate.js';

export interface TransferProgressOptions {
  readonly stream: ProgressStream;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** True repaints one line; false writes a line now and then. */
  readonly repaint: boolean;
}

/** A person sees no difference beyond ten frames a second; a log needs a line now and then. */
const periodMs = { repaint: 100, lines: 10_000 } as const;
/** Nothing is shown of what ends sooner. */
const quietMs = 300;

/** Shows how objects travel: one repainted line on a terminal, else a line every ten seconds. */
export class TransferProgress {
  readonly #options: TransferProgressOptions;
  readonly #rate = new Rate();
  readonly #periodMs: number;
  #shownAt: number;
  #isPainted = false;

  constructor(options: TransferProgressOptions) {
    this.#options = options;
    this.#periodMs = options.repaint ? periodMs.repaint : periodMs.lines;
    this.#shownAt = options.now() - this.#periodMs + quietMs;
    this.#rate.add(options.now(), 0);
  }

  /** Hears how far it is. */
  readonly show = (progress: CopyProgress): void => {
    const { stream, repaint } = this.#options;
    const now = this.#options.now();
    if (now - this.#shownAt < this.#periodMs) return;
    this.#shownAt = now;
    this.#rate.add(now, progress.bytes);
    const line = transferLine(progress, this.#rate.perSecond);
    stream.write(repaint ? `\r${line.slice(0, (stream.columns || 80) - 1)}\u001b[K` : `${line}\n`);
    this.#isPainted = repaint;
  };

  /** Takes the line away. */
  stop(): void {
    if (this.#isPainted) this.#options.stream.write('\r\u001b[K');
  }
}

/** `3 objects, 1.2GiB of 4GiB, 210MiB/s, ETA 14s`: what is found so far, while more is looked for. */
export function transferLine({ objects, bytes, foundBytes }: CopyProgress, bytesPerSecond: number | undefined): string {
  const parts = [counted(objects), `${formatSize(bytes)} of ${formatSize(foundBytes)}`];
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(`${formatSize(bytesPerSecond)}/s`);
    const leftSeconds = Math.ceil((foundBytes - bytes) / bytesPerSecond);
    if (leftSeconds > 0) parts.push(`ETA ${formatDuration(leftSeconds * 1000)}`);
  }
  return parts.join(', ');
}

export function counted(objects: number): string {
  return objects === 1 ? '1 object' : `${objects} objects`;
}
