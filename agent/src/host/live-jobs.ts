import { watchCancelRequest } from '../journal/cancel-request.js';
import type { JobOutcome } from '../journal/job-tally.js';
import type { Failure } from '../protocol/messages.js';
import type { HostJob } from './host-job.js';
import { recordFailure } from './refusal.js';

/** The jobs of a host that are not over, and the journals of those that are just being closed. */
export class LiveJobs implements Iterable<HostJob> {
  readonly #byNumber = new Map<number, HostJob>();
  /** What ends the watch for cancel requests of each. */
  readonly #watches = new Map<HostJob, () => void>();
  readonly #endings = new Set<Promise<void>>();

  get size(): number {
    return this.#byNumber.size;
  }

  /** Oldest first. */
  [Symbol.iterator](): Iterator<HostJob> {
    return this.#byNumber.values();
  }

  /** @param onCancel somebody asked, through the job's folder, for its end */
  add(job: HostJob, onCancel: (reason: string) => void): void {
    this.#byNumber.set(job.number, job);
    const onError = (error: unknown): void => onCancel(`its cancel request cannot be read: ${String(error)}`);
    this.#watches.set(
      job,
      watchCancelRequest(job.journal.dir, ({ reason }) => onCancel(reason), onError),
    );
  }

  /** The job is over. @param onClosed called once its journal is closed */
  delete(job: HostJob, state: JobOutcome | undefined, failure: Failure | undefined, onClosed: () => void): void {
    this.#byNumber.delete(job.number);
    this.#watches.get(job)?.();
    this.#watches.delete(job);
    const ending = job.journal.ended(state, failure).then(
      () => undefined,
      // A journal that cannot be written has said so through its `onError`; the readers of a durable job know only what is in it.
      (error: unknown) => job.durable?.journalFailed(failure ?? recordFailure(error)),
    );
    this.#endings.add(ending);
    void ending.then(() => {
      this.#endings.delete(ending);
      onClosed();
    });
  }

  /** Settles when every journal that was being closed is. */
  async closed(): Promise<void> {
    await Promise.all(this.#endings);
  }
}
