import { setTimeout as delay } from 'node:timers/promises';
import type { ClientEnd } from './first-client.js';
import { acquireAndLeave, sweepDelayMs } from './pool-here.js';
import type { RunSite } from './run-site.js';
import { startClient } from './start-client.js';
import { sweep } from './sweep-until-over.js';

/** So long a client that comes back may take for a job of half a second, milliseconds. */
const patienceMs = 90_000;

/** What the client that comes back had. */
export type NextEnd =
  /** It asked for a machine only, and left. */
  { readonly given: string } | { readonly failed: string; readonly code?: string } | ClientEnd;

/** Another client asks for the same job, while the dismantler sweeps. Undefined where it would wait for a machine that never answers. */
export async function runNextClient(site: RunSite): Promise<NextEnd | undefined> {
  const { run, task, pool } = site;
  if (run.fault.expects === 'none') return undefined;
  if (run.hosts !== undefined) return await sweptMeanwhile(site);
  try {
    return { given: await acquireAndLeave(pool, task.id) };
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return { failed: message, ...(code === undefined ? {} : { code }) };
  }
}

async function sweptMeanwhile(site: RunSite): Promise<NextEnd> {
  const client = startClient(site.task);
  const until = Date.now() + patienceMs;
  try {
    while (!client.hasEnded && Date.now() < until) {
      await sweep(site);
      await delay(2 * sweepDelayMs);
    }
    if (!client.hasEnded) return { failed: `it had nothing after ${patienceMs / 1000} s` };
    return { said: client.said().trim() };
  } finally {
    client.kill();
  }
}
