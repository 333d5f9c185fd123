import { formatDuration, isMegalithError } from '@megalith/core';
import { checkHosts } from '../hosts/check-hosts.js';
import { inventoryHere } from '../hosts/here.js';
import { untilInterrupted } from '../hosts/until-interrupted.js';
import type { Finding } from './finding.js';

/** How many hosts are configured and, where asked to, whether each can be logged in to. */
export async function examineHosts(connects: boolean): Promise<readonly Finding[]> {
  const configured = await checkInventory();
  if (!connects || configured.state === 'failed') return [configured];
  const checks = await untilInterrupted(signal => checkHosts([], signal));
  return [
    configured,
    ...checks.map(({ name, ok, tookMs, layer = '', message = '', hint }): Finding => {
      const check = `host ${name}`;
      if (ok) return { check, state: 'ok', detail: `logged in, in ${formatDuration(tookMs)}` };
      return { check, state: 'failed', detail: `${layer}: ${message}`, ...(hint === undefined ? {} : { hint }) };
    }),
  ];
}

async function checkInventory(): Promise<Finding> {
  const check = 'hosts';
  try {
    const { hosts, files } = await inventoryHere();
    if (hosts.length === 0) return { check, state: 'ok', detail: 'none configured: machines are this one' };
    return { check, state: 'ok', detail: `${hosts.length} configured, in ${files.join(' and ')}` };
  } catch (error) {
    if (!isMegalithError(error)) throw error;
    const { message, hint } = error;
    return { check, state: 'failed', detail: message, ...(hint === undefined ? {} : { hint }) };
  }
}
