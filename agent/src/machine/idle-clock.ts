/** What holds a machine's agent up. */
export interface AgentLoad {
  /** Jobs that are not over. */
  readonly jobs: number;
  /** Of those: jobs that wait for something that only a client can send. */
  readonly waitingForClient: number;
  readonly clients: number;
  /** Jobs that ended while nobody read along, where the machine takes what they left with it. @defaultValue 0 */
  readonly unread?: number;
  readonly draining: boolean;
  /** The job that the machine is leased for, and that has not come. */
  readonly awaited?: string | undefined;
  /** What else it stays for, in one sentence. */
  readonly stays?: string | undefined;
}

export interface IdleVerdict {
  /** One sentence each. */
  readonly reasons: readonly string[];
  /** When the agent ends if nothing changes, on the clock of `now`; undefined while something holds it. */
  readonly endsAt?: number;
}

/**
 * Whether an agent has a reason to stay, and until when. A job that waits for its client does not hold it for ever: nobody may come.
 * @param since when the load last changed, milliseconds on the clock of `now`
 * @param keepResultsMs how long results wait for somebody who reads them
 */
export function judgeIdle(load: AgentLoad, since: number, idleMs: number, keepResultsMs = 0): IdleVerdict {
  const active = load.jobs - load.waitingForClient;
  const reasons: string[] = [];
  if (active > 0) reasons.push(active === 1 ? 'a job runs' : `${active} jobs run`);
  if (load.clients > 0)
    reasons.push(load.clients === 1 ? 'a client is connected' : `${load.clients} clients are connected`);
  if (load.awaited !== undefined) reasons.push(`it is leased for job "${load.awaited}"`);
  if (load.stays !== undefined) reasons.push(load.stays);
  if (reasons.length > 0) return { reasons };
  if (load.draining && load.jobs === 0) return { reasons: ['it drains, and nothing is left to do'], endsAt: since };
  if (load.waitingForClient > 0) {
    const what = load.waitingForClient === 1 ? 'a job waits' : `${load.waitingForClient} jobs wait`;
    return { reasons: [`${what} for a client to send more`], endsAt: since + Math.max(idleMs, abandonedMs) };
  }
  if (load.unread) {
    const what = load.unread === 1 ? 'the results of a job' : `the results of ${load.unread} jobs`;
    return { reasons: [`${what} were not read yet`], endsAt: since + Math.max(idleMs, keepResultsMs) };
  }
  return { reasons: ['it is kept for the next job'], endsAt: since + idleMs };
}

/** A client that went away while it was sending has this long to come back, milliseconds. */
const abandonedMs = 3600 * 1000;
