import { isMegalithError } from '@megalith/agent';

/** What is wrong where less might be had. */
const tooMuch: ReadonlySet<string> = new Set(['OVER_CPUS', 'OVER_MEMORY', 'OVER_BUDGET', 'QUOTA']);

/** Whether less might be had. */
export function isTooMuch(error: unknown): boolean {
  return isMegalithError(error) && tooMuch.has(error.code);
}

/**
 * Asks for a machine with room for so many tasks at once; where none is to be had, for half as many, and so on down to one: the others queue.
 * @throws what `ask` throws for one task, or at once where it is not the size that is wrong
 */
export async function withFewerTasks<T>(
  tasks: number,
  ask: (tasks: number) => Promise<T>,
  tell?: (words: string) => void,
): Promise<T> {
  for (let some = tasks; ; some = Math.ceil(some / 2)) {
    try {
      return await ask(some);
    } catch (error) {
      if (some <= 1 || !isTooMuch(error)) throw error;
      tell?.(`no room for ${some} tasks at once, fewer are tried: ${(error as Error).message}`);
    }
  }
}
