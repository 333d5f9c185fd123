import { collectGarbage } from '@megalith/agent';

/** Between two looks. */
const stepBytes = 4 * 2 ** 20;

/**
 * Collects what a task made and dropped where that would count as its memory: V8 by itself lets 64 MiB of buffers gather.
 * @param limitBytes of buffers, in use or not
 * @returns to be told of bytes that were made
 */
export function litterWatch(limitBytes: number): (bytes: number) => void {
  let made = 0;
  return bytes => {
    made += bytes;
    if (made < stepBytes) return;
    made = 0;
    if (process.memoryUsage().arrayBuffers > limitBytes) collectGarbage();
  };
}
