import type { Label } from '@megalith/agent';
import type { BackendJob } from '@megalith/core';
import type { AgentRoute, Machine } from '../machine.js';
import { type Acquired, acquire, type PoolDesk, type WantedRoom } from './acquire.js';
import { machineGone } from './machine-gone.js';

export interface MachineToBeOptions {
  readonly desk: PoolDesk;
  readonly wanted: WantedRoom;
  readonly clearance: Label;
  readonly usdPerHour: number;
  /** Looks for one that has the job already. */
  readonly hadBefore?: (signal: AbortSignal | undefined) => Promise<Acquired | undefined>;
  /** Called once it is there. */
  readonly onAcquired: (acquired: Acquired) => void;
  /** Called for each way to it that is opened. */
  readonly onRoute?: (route: AgentRoute) => void;
}

/**
 * A machine that comes to be when it is reached for the first time. Later routes go to that same machine; once the cloud has ended it, there is no
 * way to it any more.
 */
export function machineToBe(job: Pick<BackendJob, 'id'>, options: MachineToBeOptions): Machine {
  const { desk, wanted, clearance, usdPerHour } = options;
  const { name: cloud } = desk.cloud;
  let acquired: Acquired | undefined;

  const first = async (signal: AbortSignal | undefined): Promise<AgentRoute> => {
    acquired = (await options.hadBefore?.(signal)) ?? (await acquire(wanted, desk, signal));
    options.onAcquired(acquired);
    return acquired.route;
  };
  const again = async ({ machine: { id }, host }: Acquired, signal: AbortSignal | undefined): Promise<AgentRoute> => {
    const ending = new AbortController();
    const wanted = AbortSignal.any([ending.signal, ...(signal === undefined ? [] : [signal])]);
    const isGone = async (): Promise<boolean> => {
      const now = await desk.cloud.find(id, wanted);
      return now?.state === 'shutting-down' || now?.state === 'terminated';
    };
    let gone = false;
    const reaching = host.reach({ start: true, signal: wanted });
    // A machine that was ended says nothing, and it takes long to be sure of that: the cloud knows at once.
    const look = isGone().then(
      is => {
        gone = is;
        if (is) ending.abort();
      },
      // Whether it can be reached is the question; the answer to this one is asked for again below.
      () => undefined,
    );
    try {
      return await reaching;
    } catch (error) {
      await look;
      if (gone || (!wanted.aborted && (await isGone()))) throw machineGone(id, error);
      throw error;
    }
  };

  return {
    get id() {
      return acquired === undefined ? `${cloud}:for-${job.id}` : `${cloud}:${acquired.machine.id}`;
    },
    get name() {
      return acquired?.host.name ?? `a machine of ${cloud}`;
    },
    provider: cloud,
    get shape() {
      return acquired?.host.shape;
    },
    clearance,
    usdPerHour,
    async reach({ signal }) {
      const route = acquired === undefined ? await first(signal) : await again(acquired, signal);
      options.onRoute?.(route);
      return route;
    },
  };
}
