import { MegalithError } from '@megalith/core';
import type { HostEntry } from '@megalith/standalone';

interface Hop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** The host of the inventory that a hop of `ProxyJump` means: by name, else by address. */
export function jumpName(hop: Hop, hosts: readonly HostEntry[]): string | undefined {
  const byName = hosts.find(host => host.name === hop.host);
  const byAddress = hosts.find(
    ({ address, port = 22, user }) =>
      address === hop.host && port === (hop.port ?? 22) && (hop.user === undefined || user === hop.user),
  );
  return (byName ?? byAddress)?.name;
}

/**
 * The name of the last hop before the host; undefined where `~/.ssh/config` knows none.
 * @throws MegalithError USAGE where that is not in the inventory
 */
export function jumpFromConfig(name: string, hops: readonly Hop[], hosts: readonly HostEntry[]): string | undefined {
  const hop = hops.at(-1);
  if (hop === undefined) return undefined;
  const jump = jumpName(hop, hosts);
  if (jump !== undefined) return jump;
  throw new MegalithError('USAGE', `"${name}" is reached through "${hop.host}", which is not in the inventory`, {
    hint: `add that first: megalith hosts add ${hop.user === undefined ? '' : `${hop.user}@`}${hop.host}${hop.port === undefined ? '' : `:${hop.port}`}`,
  });
}
