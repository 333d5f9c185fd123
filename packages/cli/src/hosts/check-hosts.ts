import { isMegalithError, MegalithError } from '@megalith/core';
import { connectSsh, type HostEntry, type Inventory, sshTarget } from '@megalith/standalone';
import { inventoryHere } from './here.js';

/** What became of the attempt to reach a host. */
export interface HostCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly tookMs: number;
  /** What failed: `name`, `route`, `port`, `banner`, `hostKey`, `user`, `key`, `exec`. */
  readonly layer?: string;
  readonly message?: string;
  readonly hint?: string;
}

/** As many connections at once as no server or firewall takes for an attack. */
const atOnce = 32;
const timeoutMs = 15_000;

/**
 * Logs in to hosts and runs `true` there, all at once; each has 15 s for the login and 15 s for the command.
 * @param names all of the inventory where empty
 * @throws MegalithError NOT_FOUND for a name that is not in the inventory; CANCELLED
 */
export async function checkHosts(names: readonly string[], signal: AbortSignal): Promise<readonly HostCheck[]> {
  const inventory = await inventoryHere();
  const hosts = names.length === 0 ? inventory.hosts : [...new Set(names.map(name => inventory.find(name)))];
  const checks = new Map<HostEntry, HostCheck>();
  const waiting = hosts.values();
  const worker = async () => {
    for (const host of waiting) checks.set(host, await check(host, inventory, signal));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, hosts.length) }, worker));
  if (signal.aborted) throw new MegalithError('CANCELLED', 'the check was cancelled', { cause: signal.reason });
  return hosts.map(host => checks.get(host)!);
}

async function check(host: HostEntry, inventory: Inventory, signal: AbortSignal): Promise<HostCheck> {
  const start = performance.now();
  const end = (rest: Omit<HostCheck, 'name' | 'tookMs'>): HostCheck => ({
    name: host.name,
    tookMs: Math.round(performance.now() - start),
    ...rest,
  });
  try {
    await logIn(host, inventory, signal);
    return end({ ok: true });
  } catch (error) {
    if (!isMegalithError(error)) throw error;
    const { message, hint, details } = error;
    const layer = typeof details?.layer === 'string' ? details.layer : 'exec';
    return end({ ok: false, layer, message, ...(hint === undefined ? {} : { hint }) });
  }
}

async function logIn(host: HostEntry, { hosts }: Inventory, signal: AbortSignal): Promise<void> {
  const session = await connectSsh(await sshTarget(host, hosts), { signal, timeoutMs });
  try {
    const { code } = await session.exec('true', { signal, timeoutMs });
    if (code === 0) return;
    throw new MegalithError('SSH_FAILED', `"${host.name}" lets "${host.user}" in, and runs no commands for it`, {
      hint: 'check the login shell of that user',
      details: { layer: 'exec' },
    });
  } finally {
    session.close();
  }
}
