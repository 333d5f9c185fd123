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
    const next = event.type === 'placing' ? 'machines' : event.type === 'planned' ? placeIn(event) : 'here';
    if (farther.indexOf(next) > farther.indexOf(this.#is)) this.#is = next;
  }
}

function placeIn({ plan }: Extract<JobEvent, { type: 'planned' }>): Whereabouts {
  return whereaboutsOf(plan.chosen?.backend);
}

function whereaboutsOf(backend: string | undefined): Whereabouts {
  if (backend === 'standalone') return 'machines';
  return backend === 'lambda' ? 'functions' : 'here';
}
