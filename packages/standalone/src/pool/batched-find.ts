import type { CloudMachine } from './cloud-machine.js';
import { whileWanted } from './in-flight.js';

/** Looks for some machines in one request; what the cloud does not know is left out. */
export type FindSome = (ids: readonly string[]) => Promise<readonly CloudMachine[]>;

/**
 * Looks for single machines, in batches: one request is under way at a time, and the next asks for all that came up meanwhile. A hundred waits for a hundred
 * machines cost the cloud as much as one.
 */
export function batchedFind(
  findSome: FindSome,
): (id: string, signal?: AbortSignal) => Promise<CloudMachine | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly ids: Set<string>; readonly answer: Promise<ReadonlyMap<string, CloudMachine>> } | undefined;

  const open = () => {
    const ids = new Set<string>();
    const ask = async () => {
      next = undefined;
      const found = await findSome([...ids]);
      return new Map(found.map(machine => [machine.id, machine]));
    };
    // Whoever waited for the one before has heard of its failure.
    const answer = last.then(ask, ask);
    last = answer;
    return { ids, answer };
  };

  return async (id, signal) => {
    next ??= open();
    next.ids.add(id);
    return (await whileWanted(next.answer, signal)).get(id);
  };
}
