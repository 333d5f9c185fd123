import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskContext } from '@megalith/core';

/** What the attempts of one task do, in turn; later ones give its name. */
export interface Plan {
  readonly name: string;
  readonly attempts: readonly ('throw' | 'exit' | 'hang' | 'kill' | 'unserializable')[];
  readonly tally: string;
}

export async function runPlan({ name, attempts, tally }: Plan, { attempt }: TaskContext): Promise<unknown> {
  appendFileSync(tally, `${name}\n`);
  switch (attempts[attempt - 1]) {
    case 'throw':
      throw new Error(`${name} fails in attempt ${attempt}`);
    case 'exit':
      return process.exit(3);
    case 'hang':
      return await delay(3_600_000);
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return await delay(3_600_000);
    case 'unserializable':
      return () => name;
    default:
      return name;
  }
}
