import { type CopyPlace, type CopyProgress, copyObjects } from '@megalith/core';
import { canRepaint } from '../output/progress.js';
import type { LocationsHere } from './locations-here.js';
import { TransferProgress } from './transfer-progress.js';

export interface CopyHere {
  readonly recursive: boolean;
  readonly quiet: boolean;
}

/** Copies from each of some places to one, and shows how far it is. */
export async function copyHere(
  sources: readonly CopyPlace[],
  target: CopyPlace,
  { config, home, signal }: LocationsHere,
  { recursive, quiet }: CopyHere,
): Promise<CopyProgress> {
  const progress = new TransferProgress({
    stream: process.stderr,
    now: () => performance.now(),
    repaint: canRepaint(process.stderr, process.env),
  });
  const { hereClearance } = config.policy;
  let before: CopyProgress = { objects: 0, bytes: 0, foundBytes: 0 };
  try {
    for (const source of sources) {
      const all = (now: CopyProgress): CopyProgress => ({
        objects: before.objects + now.objects,
        bytes: before.bytes + now.bytes,
        foundBytes: before.foundBytes + now.foundBytes,
      });
      before = all(
        await copyObjects(source, target, {
          recursive,
          home,
          hereClearance,
          signal,
          ...(quiet ? {} : { onProgress: now => progress.show(all(now)) }),
        }),
      );
    }
  } finally {
    progress.stop();
  }
  return before;
}
