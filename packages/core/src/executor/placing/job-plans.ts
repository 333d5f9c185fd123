import { isMegalithError } from '@megalith/agent';
import { escalationEntry, planEntry, refusalEntry } from '../../audit/plan-entry.js';
import type { Candidate } from '../../backends/backend.js';
import { placeOf } from '../../placement/plan.js';
import type { Plan } from '../types.js';
import type { PlaceableJob } from './ask-backends.js';
import type { PlacingDesk } from './placing-desk.js';

/** The decisions about one job, each of which is in the audit log before anything comes of it. */
export class JobPlans {
  readonly #desk: PlacingDesk;
  readonly #job: PlaceableJob & { readonly work: string };

  /** @param work the function, or the program of the command */
  constructor(desk: PlacingDesk, job: PlaceableJob, work: string) {
    this.#desk = desk;
    this.#job = { ...job, work };
  }

  /**
   * Notes where the job goes, or why it goes nowhere.
   * @param probeAt where the first tasks go, of a job that shows there what it needs
   * @throws MegalithError as `placeOf` says; JOURNAL_FAILED: what is not noted is not done
   */
  async settle(plan: Plan, probeAt?: (chosen: Candidate) => Candidate): Promise<Candidate> {
    try {
      const place = placeOf(plan, this.#job);
      await this.#desk.audit.append(planEntry(this.#job, plan, probeAt?.(place)));
      return place;
    } catch (error) {
      if (isMegalithError(error) && error.code !== 'JOURNAL_FAILED') {
        await this.#desk.audit.append(refusalEntry(this.#job, plan, error.code, error.message));
      }
      throw error;
    }
  }

  /** Notes that one task goes to the place that `plan` chose. */
  async move(plan: Plan, task: number, from: string): Promise<void> {
    const entry = escalationEntry(this.#job, plan, { task, from });
    if (entry !== undefined) await this.#desk.audit.append(entry);
  }
}
