import type { JobEvent } from '@megalith/core';

/** `here`: under this program. `functions`: calls, which end by themselves. `machines`: under agents, which go on without this program. */
export type Whereabouts = (typeof farther)[number];

const farther = ['here', 'functions', 'machines'] as const;

/** Where a session's jobs run, as far as it is known: what the named backend says, then what plans say. Of several places the farthest. */
export class JobPlace {
  #is: Whereabouts;

  /** @param backend as it was asked for */
  constructor(backend: string | undefined) {
    this.#is = whereaboutsOf(backend);
  }

  get is(): Whereabouts {
    return this.#is;
  }

  hear(event: JobEvent): void {
    // A machine is made for tasks that leave their first place, too.
    if (event.type === 'placing') this.#add('machines');
    if (event.type !== 'planned') return;
    const { chosen, parts = [] } = event.plan;
    this.#add(whereaboutsOf(chosen?.backend));
    for (const { candidate } of parts) this.#add(whereaboutsOf(candidate.backend));
  }

  #add(place: Whereabouts): void {
    if (farther.indexOf(place) > farther.indexOf(this.#is)) this.#is = place;
  }
}

function whereaboutsOf(backend: string | undefined): Whereabouts {
  if (backend === 'standalone') return 'machines';
  return backend === 'lambda' ? 'functions' : 'here';
}
