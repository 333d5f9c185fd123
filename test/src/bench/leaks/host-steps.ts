import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestHost } from '../../hosts/test-host.js';
import { linesOf } from './tally.js';

/** What can be seen of a client's progress on the machine that it made, in the order in which it comes. */
export const hostSteps = [
  'booted',
  'logged in',
  'agent uploaded',
  'agent serves',
  'leased',
  'job folder there',
  'job began',
  'job ended',
  'result told',
] as const;
export type HostStep = (typeof hostSteps)[number];

/** Whether a machine has come to a step that shows there; the others show elsewhere. */
export function hasComeOn(host: TestHost, step: HostStep, job: string): boolean {
  if (step === 'booted') return true;
  if (step === 'logged in') return host.log().includes('Accepted publickey');
  const names = namesOn(host);
  if (step === 'agent uploaded') return names.some(name => name.endsWith('agent.mjs'));
  if (step === 'agent serves') return names.some(name => /\bsock(et)?$|\.sock$/.test(name));
  if (step === 'leased') return names.some(name => name.endsWith('lease.json'));
  return step === 'job folder there' && names.some(name => name.startsWith(`jobs/${job}`));
}

/** Whether the machine's agent has given it to somebody, or a job of his is there. */
export function isLeased(host: TestHost): boolean {
  const folder = folderOn(host);
  return folder !== undefined && linesOf(join(folder, 'lease.json')).join('').includes('"holder"');
}

function namesOn(host: TestHost): string[] {
  const folder = folderOn(host);
  if (folder === undefined) return [];
  try {
    return readdirSync(folder, { recursive: true }) as string[];
  } catch (error) {
    // It goes on working there meanwhile, or ends.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** Megalith's folder on a machine, as this process reaches it; undefined where there is none, or the power is off. */
function folderOn(host: TestHost): string | undefined {
  try {
    const folder = host.pathHere(join(host.home, '.megalith'));
    return existsSync(folder) ? folder : undefined;
  } catch (error) {
    if (/has no power/.test(String(error))) return undefined;
    throw error;
  }
}
