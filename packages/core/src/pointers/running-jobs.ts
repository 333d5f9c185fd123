import { isMegalithError, jobIds, mayBeRunning, readJobFolder } from '@megalith/agent';

/** Tells of a job whether it may still run, as far as the journals of a home say. A job at several places has a journal for each. */
export async function runningJobs(home: string): Promise<(job: string) => Promise<boolean>> {
  const ids = await jobIds(home);
  return async job => {
    for (const id of ids) {
      if (id !== job && !id.startsWith(`${job}-`)) continue;
      if (await mayRun(home, id)) return true;
    }
    return false;
  };
}

async function mayRun(home: string, id: string): Promise<boolean> {
  try {
    const folder = await readJobFolder(home, id);
    return folder !== undefined && mayBeRunning(folder);
  } catch (error) {
    // What cannot be read is not known to have ended.
    if (isMegalithError(error)) return true;
    throw error;
  }
}
