import { type Counted, killAt } from './kill-points.js';
import type { RunSite } from './run-site.js';
import { startClient } from './start-client.js';

/** What a client did before its end. */
export interface ClientEnd {
  /** All that it said. */
  readonly said: string;
}

export interface FirstEnd extends ClientEnd {
  readonly counted: Counted;
}

/** Looks whether the machine runs: one is like another. */
export const looksAfterLaunch = 3;
/** So long after those a client is still to be killed, milliseconds: moments that no step marks are over by then. */
const waitMs = 2000;
const lastMs = 120_000;

/** The client that is killed at the run's point. */
export async function runFirstClient({ run, ec2, task, hostOf }: RunSite): Promise<FirstEnd> {
  const { point, fault, hosts } = run;
  const client = startClient(task);
  const counted = killAt(point, { ec2, home: task.home, tally: task.tally, job: task.id, client, hostOf });
  // It would wait for a machine that lets nobody in.
  const waits = hosts === undefined || fault.expects === 'none';
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (counted.launch === 0 || counted.requests <= counted.launch + looksAfterLaunch) return;
    timer ??= setTimeout(() => client.kill(), point === undefined ? 0 : waitMs);
  };
  const looking = waits ? setInterval(look, 20) : undefined;
  try {
    await client.end(lastMs);
  } finally {
    clearTimeout(timer);
    clearInterval(looking);
    client.kill();
  }
  return { said: client.said().trim(), counted };
}
