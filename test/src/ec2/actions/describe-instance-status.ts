import { text, texts } from '../wire/params.js';
import type { Action } from './call.js';
import { stateXml } from './instance-xml.js';
import { page } from './page.js';

/** AWS's own checks of running instances: of those that are named, or of all. */
export const describeInstanceStatus: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'InstanceId');
  const known = ids.length > 0 ? account.instancesNamed(ids) : account.seenInstances();
  const all = text(params, 'IncludeAllInstances') === 'true';
  const shown = known.filter(({ state }) => all || state === 'running');
  const { items, nextToken } = page(call, shown, {}, ({ birth }) => birth.sequence);
  return {
    instanceStatusSet: items.map(instance => {
      const { id, spec, state, isImpaired } = instance;
      const status = state === 'running' ? (isImpaired ? 'impaired' : 'ok') : 'not-applicable';
      return {
        instanceId: id,
        availabilityZone: spec.subnet.zone,
        instanceState: stateXml(state),
        instanceStatus: {
          status,
          ...(state === 'running'
            ? { details: [{ name: 'reachability', status: isImpaired ? 'failed' : 'passed' }] }
            : {}),
        },
        systemStatus: { status: state === 'running' ? 'ok' : 'not-applicable' },
      };
    }),
    nextToken,
  };
};
