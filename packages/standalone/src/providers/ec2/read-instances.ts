import type { Instance } from '@aws-sdk/client-ec2';
import type { CloudMachine, CloudState } from '../../pool/cloud-machine.js';
import { machineTags } from './tags.js';

const states: ReadonlySet<string> = new Set<CloudState>([
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
]);

/** What the one who lists knows beforehand. */
export interface ReadingOptions {
  readonly region: string;
  /** For machines whose tags don't say when they end, milliseconds. */
  readonly maxLifetimeMs: number;
}

/**
 * A machine of ours, as EC2 lists it.
 * @returns undefined for one that is not ours
 */
export function readInstance(instance: Instance, { region, maxLifetimeMs }: ReadingOptions): CloudMachine | undefined {
  const { InstanceId: id, PublicIpAddress, PrivateIpAddress } = instance;
  // Without a time it counts as launched long ago: it ends, unless its tags say when.
  const launchedAt = instance.LaunchTime?.getTime() ?? 0;
  const tags = machineTags(instance.Tags, launchedAt, maxLifetimeMs);
  if (id === undefined || tags === undefined) return undefined;
  const address = {
    ...(PublicIpAddress ? { public: PublicIpAddress } : {}),
    ...(PrivateIpAddress ? { private: PrivateIpAddress } : {}),
  };
  return {
    id,
    state: stateOf(instance),
    region,
    zone: instance.Placement?.AvailabilityZone ?? '',
    type: instance.InstanceType ?? '',
    market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    launchedAt,
    ...(Object.keys(address).length === 0 ? {} : { address }),
    tags,
  };
}

/** A state that is not told is taken for one in which the machine costs money, so that it is looked at again. */
function stateOf({ State }: Instance): CloudState {
  const name = State?.Name ?? '';
  return states.has(name) ? (name as CloudState) : 'pending';
}
