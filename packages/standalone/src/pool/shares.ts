import type { BackendJob, JobRequest } from '@megalith/core';

/** What one current machine of a common family has, cpus: a job that asks for more at once gets several. */
const widestCpus = 128;
/** And what tasks can have of its memory: 92.5 % of 1 TiB. */
const widestMemoryBytes = 0.925 * 2 ** 40;
/** Memory of a task that does not say what it needs: 1 GiB. */
export const unsaidMemoryBytes = 2 ** 30;

/**
 * How many of a job's tasks each of its machines is for, the tasks shared out evenly. Without a number of slots a job gets one machine of up to 128 cpus and 1 TiB, or whatever a single task asks for; with one,
 * as many machines as that takes. A job that goes on without its client has one: with several it is the client that shares its tasks out.
 * @param slots tasks at once, on all machines together
 */
export function sharesOf(
  {
    requirements: { cpus, memoryBytes = unsaidMemoryBytes },
    taskCount,
    detached,
  }: JobRequest & Pick<BackendJob, 'detached'>,
  slots: number | undefined,
): number[] {
  const widestShare = Math.max(1, Math.min(Math.floor(widestCpus / cpus), Math.floor(widestMemoryBytes / memoryBytes)));
  const wanted = Math.max(1, Math.min(taskCount ?? Number.POSITIVE_INFINITY, slots ?? widestShare));
  const atOnce = detached === true ? Math.min(wanted, widestShare) : wanted;
  const count = Math.ceil(atOnce / widestShare);
  const least = Math.floor(atOnce / count);
  const over = atOnce - least * count;
  return Array.from({ length: count }, (_, at) => least + (at < over ? 1 : 0));
}
