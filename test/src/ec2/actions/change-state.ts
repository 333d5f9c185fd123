import type { InstanceState } from '../ec2-simulator.js';
import { roomFor } from '../state/capacity.js';
import type { Instance } from '../state/instance.js';
import { ApiError } from '../wire/api-error.js';
import { texts } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import type { Action, Call } from './call.js';
import { stateXml } from './instance-xml.js';

const byUser = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};

/** All or none: AWS changes nothing where one of the instances is protected or not there. */
export const terminateInstances: Action = call => {
  const instances = named(call);
  const kept = instances.find(({ isProtected }) => isProtected);
  if (kept !== undefined)
    throw new ApiError(
      'OperationNotPermitted',
      `The instance '${kept.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    );
  return changed(instances, instance => {
    if (instance.state !== 'terminated' && instance.state !== 'shutting-down') instance.terminate(byUser);
  });
};

export const stopInstances: Action = call => {
  const instances = named(call);
  for (const { id, state, spec } of instances) {
    if (state !== 'running' && state !== 'stopping' && state !== 'stopped') throw wrongState(id, 'stopped');
    if (spec.market === 'spot')
      throw new ApiError(
        'UnsupportedOperation',
        `You can't stop the Spot Instance '${id}' because it is associated with a one-time Spot Instance request.`,
      );
  }
  return changed(instances, instance => {
    if (instance.state === 'running') instance.stop(byUser);
  });
};

export const startInstances: Action = call => {
  const { account, faults } = call;
  const instances = named(call);
  for (const instance of instances) {
    const { id, state, spec } = instance;
    if (state === 'running' || state === 'pending') continue;
    if (state !== 'stopped') throw wrongState(id, 'started');
    const { problem } = roomFor(account, faults, spec, 1);
    if (problem !== undefined) throw problem;
  }
  const slow = faults.take('slow-boot')?.ms ?? 0;
  return changed(instances, instance => {
    if (instance.state === 'stopped') instance.start(account.bootMs + slow);
  });
};

function named({ account, params }: Call): Instance[] {
  const ids = texts(params, 'InstanceId');
  if (ids.length === 0) throw new ApiError('MissingParameter', 'The request must contain the parameter InstanceId');
  return account.instancesNamed(ids);
}

function changed(instances: readonly Instance[], change: (instance: Instance) => void): XmlTree {
  return {
    instancesSet: instances.map(instance => {
      const before: InstanceState = instance.state;
      change(instance);
      return { instanceId: instance.id, currentState: stateXml(instance.state), previousState: stateXml(before) };
    }),
  };
}

function wrongState(id: string, what: string): ApiError {
  return new ApiError('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be ${what}.`);
}
