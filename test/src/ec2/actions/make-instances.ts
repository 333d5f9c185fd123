import { newId } from '../state/ids.js';
import type { Instance } from '../state/instance.js';
import type { LaunchSpec } from '../state/launch-spec.js';
import type { Tags } from '../state/tags.js';
import type { Call } from './call.js';

/** Launches so many instances, with the faults of the request that concern births. `ownTags` are what AWS itself adds. */
export function makeInstances(
  { account, faults }: Call,
  spec: LaunchSpec,
  count: number,
  ownTags: Readonly<Record<string, string>> = {},
): Instance[] {
  const lost = faults.take('tags-lost');
  const kept = (kind: string): Tags =>
    new Map(
      [...(spec.tags.get(kind) ?? [])].filter(
        ([key]) => lost === undefined || (lost.keys !== undefined && !lost.keys.includes(key)),
      ),
    );
  const bootFails = faults.take('boot-fails');
  const birth = {
    reservationId: newId('r'),
    tags: new Map([...kept('instance'), ...Object.entries(ownTags)]),
    bootMs: account.bootMs + (faults.take('slow-boot')?.ms ?? 0),
    seenAt: account.now() + account.lagMs + (faults.take('unseen')?.ms ?? 0),
    clockSkewMs: faults.take('clock-skew')?.ms ?? 0,
    ...(bootFails !== undefined ? { bootFails: bootFails.code ?? 'Server.InternalError' } : {}),
  };
  return Array.from({ length: count }, () => account.launch(spec, birth, kept('volume')));
}
