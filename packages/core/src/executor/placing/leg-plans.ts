import type { JobStorage, Requirements } from '@megalith/agent';
import type { Backend, BackendJob, Candidate, TaskSource } from '../../backends/backend.js';
import type { JobProfile } from '../../placement/job-profile.js';
import { storageAt } from '../../pointers/job-storage.js';
import type { LegPlan } from '../legs/leg.js';
import { workAt } from './work-at.js';

/** Makes the parts of one job for the places that they go to. */
export class LegPlans {
  readonly #job: Omit<BackendJob, 'tasks'>;
  readonly #storage: JobStorage | undefined;
  #begun = 0;

  /**
   * @param job as the first place gets it, but for its tasks
   * @param storage where its tasks put objects
   */
  constructor(job: Omit<BackendJob, 'tasks'>, storage?: JobStorage) {
    this.#storage = storage;
    this.#job = job;
  }

  leg(place: Candidate, backend: Backend, requirements: Requirements, profile: JobProfile, count?: number): LegPlan {
    return {
      key: `${place.id} ${requirements.memoryBytes ?? ''}`,
      place,
      requirements,
      run: tasks => {
        const part = this.#part(requirements, profile, count, tasks);
        return backend.run({ ...part, work: workAt(place, part.work), ...storageAt(place, this.#storage) }, place);
      },
    };
  }

  #part(requirements: Requirements, profile: JobProfile, count: number | undefined, tasks: TaskSource): BackendJob {
    const { taskCount: _, id, ...job } = this.#job;
    this.#begun += 1;
    return {
      ...job,
      // Each place has a record of its part, and two may be the same place.
      id: this.#begun === 1 ? id : `${id}-${this.#begun}`,
      requirements,
      profile,
      ...(count === undefined ? {} : { taskCount: count }),
      // Which failure is for good is known here, where a task may still go to another place.
      stopsOnFailure: false,
      tasks,
    };
  }
}
