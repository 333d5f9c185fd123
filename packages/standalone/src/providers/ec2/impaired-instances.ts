import type { CallOptions } from './call.js';
import type { Ec2Api } from './ec2-client.js';

/** DescribeInstanceStatus takes no more ids. */
const mostIds = 100;

/**
 * Those of some running machines that fail AWS's own checks of the machine or of what is below it. One that is checked for the first time is none of them.
 * @throws MegalithError as `call` says
 */
export async function impairedInstances(
  api: Pick<Ec2Api, 'instanceStatuses'>,
  ids: readonly string[],
  options: CallOptions = {},
): Promise<ReadonlySet<string>> {
  const impaired = new Set<string>();
  for (let at = 0; at < ids.length; at += mostIds) {
    for await (const status of api.instanceStatuses(ids.slice(at, at + mostIds), options)) {
      const { InstanceId: id, InstanceStatus, SystemStatus } = status;
      if (id !== undefined && [InstanceStatus?.Status, SystemStatus?.Status].includes('impaired')) impaired.add(id);
    }
  }
  return impaired;
}
