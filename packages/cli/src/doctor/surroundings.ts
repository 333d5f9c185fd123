import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { formatSize, listJobs, type MegalithError } from '@megalith/core';
import type { Finding } from './finding.js';

// `engines` of package.json: what the dependencies of Megalith ask for.
const oldestNode = [20, 19] as const;
// Journals and cached bundles of a usual week.
const littleDiskBytes = 2 ** 30;

/** Whether this Node is new enough. @param version as `process.versions.node` has it */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  const check = 'node';
  if (!isOld) return { check, state: 'ok', detail: version };
  return {
    check,
    state: 'failed',
    detail: `${version} is too old`,
    hint: `install Node ${oldestNode.join('.')} or later`,
  };
}

/** Whether jobs can be kept in the home folder, which is made if need be. */
export async function checkHome(home: string): Promise<Finding> {
  const check = 'home';
  try {
    await mkdir(home, { recursive: true });
    await access(home, constants.W_OK);
    const { bavail, bsize } = await statfs(home);
    const free = bavail * bsize;
    const detail = `${home}, ${formatSize(free)} free`;
    if (free >= littleDiskBytes) return { check, state: 'ok', detail };
    return { check, state: 'warning', detail, hint: 'make room, or set MEGALITH_HOME to a folder on another disk' };
  } catch (error) {
    return {
      check,
      state: 'failed',
      detail: (error as Error).message,
      hint: 'set MEGALITH_HOME to a folder that is yours to write',
    };
  }
}

/** What the system lets this process have of the machine. */
export function checkLimits(): Finding {
  const parts: string[] = [];
  const all = cpus().length;
  const allowed = availableParallelism();
  if (allowed < all) parts.push(`${allowed} of ${all} cpus`);
  const limit = process.constrainedMemory();
  // Without a limit Node gives a number beyond any memory.
  if (limit > 0 && limit < totalmem()) parts.push(`${formatSize(limit)} of ${formatSize(totalmem())} memory`);
  return {
    check: 'limits',
    state: 'ok',
    detail: parts.length === 0 ? 'none: the whole machine' : `cgroup: ${parts.join(', ')}`,
  };
}

/** Jobs whose host died, and folders that cannot be read. */
export async function checkLeftovers(home: string): Promise<Finding> {
  const unreadable: MegalithError[] = [];
  const jobs = await listJobs({ home, onUnreadable: error => unreadable.push(error) });
  const lost = jobs.filter(job => job.state === 'lost');
  const check = 'jobs';
  const running = jobs.filter(job => job.state === 'running').length;
  const detail = `${jobs.length} kept, ${running} running`;
  if (unreadable.length > 0) {
    return {
      check,
      state: 'warning',
      detail: `${detail}, ${unreadable.length} unreadable: ${unreadable[0]!.message}`,
      hint: unreadable[0]!.hint ?? 'remove the folder',
    };
  }
  if (lost.length > 0) {
    return {
      check,
      state: 'warning',
      detail: `${detail}, ${lost.length} lost`,
      hint: 'see them with "megalith jobs", remove them with "megalith jobs rm --ended"',
    };
  }
  return { check, state: 'ok', detail };
}
