import { hostname } from 'node:os';
import { identityOf, isAlive } from '@megalith/agent';
import type { IntentClient, LaunchIntent } from './launch-intent.js';

/** This process, as the one that wants a machine. */
export function thisIntentClient(): IntentClient {
  const { pid, startTicks } = identityOf(process.pid)!;
  return { hostname: hostname(), pid, ...(startTicks === undefined ? {} : { startTicks }) };
}

/** Whether the process that wants the machine may still live. Of another computer, whose home this is too, nobody knows: true. */
export function hasClient({ client }: Pick<LaunchIntent, 'client'>): boolean {
  if (client === undefined) return false;
  return client.hostname !== hostname() || isAlive({ pid: client.pid, startTicks: client.startTicks });
}
