import { MegalithError } from '@megalith/agent';

/** The machine that had a job is no more, and the job's work there with it. */
export function machineGone(id: string, cause: unknown): MegalithError {
  return new MegalithError('AGENT_LOST', `the cloud has ended "${id}" while a job ran there`, {
    hint: 'the job begins again on another machine, where it has retries left',
    details: { id },
    cause,
  });
}
