import { isMegalithError } from '@megalith/core';
import { poolPlace } from '../cloud/pool-place.js';
import { untilInterrupted } from '../hosts/until-interrupted.js';
import type { Finding } from './finding.js';

/** Whether machines can be made as the config says; nothing where it names no cloud. Makes none. */
export async function examineClouds(): Promise<readonly Finding[]> {
  const { lookAtCloud } = await import('@megalith/standalone');
  try {
    const looks = await untilInterrupted(signal => lookAtCloud(poolPlace(), signal));
    return looks.map(({ what, isGood, detail, hint }) => ({
      check: what,
      state: isGood ? 'ok' : 'failed',
      detail,
      ...(hint === undefined ? {} : { hint }),
    }));
  } catch (error) {
    // What is wrong with the config has been told with the hosts.
    if (isMegalithError(error) && error.code === 'CONFIG') return [];
    throw error;
  }
}
