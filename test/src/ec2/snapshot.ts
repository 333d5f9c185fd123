import type { Leftovers, SimulatedInstance } from './ec2-simulator.js';
import type { Account } from './state/account.js';
import type { Instance } from './state/instance.js';

export function snapshotOf(account: Account, instance: Instance): SimulatedInstance {
  const { spec, privateAddress, publicAddress, reason, hostProblem } = instance;
  return {
    id: instance.id,
    state: instance.state,
    type: spec.type.type,
    zone: spec.subnet.zone,
    market: spec.market,
    imageId: spec.image.id,
    tags: Object.fromEntries(instance.tags),
    ...(spec.clientToken !== undefined ? { clientToken: spec.clientToken } : {}),
    shutdownBehavior: instance.shutdownBehavior,
    userData: Buffer.from(instance.userData, 'base64').toString('utf8'),
    launchedAt: instance.launchedAt,
    ...(privateAddress !== undefined ? { privateAddress } : {}),
    ...(publicAddress !== undefined ? { publicAddress } : {}),
    isSeen: account.isSeen(instance),
    ...(reason !== undefined ? { stateReason: reason.message } : {}),
    ...(hostProblem !== undefined ? { hostProblem } : {}),
  };
}

export function leftoversOf({ volumes, keyPairs, groups, templates }: Account): Leftovers {
  return {
    volumes: [...volumes.keys()],
    keyPairs: [...keyPairs.keys()],
    securityGroups: [...groups.values()].filter(({ isDefault }) => !isDefault).map(({ id }) => id),
    launchTemplates: [...templates.keys()],
  };
}
