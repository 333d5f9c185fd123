import type { Instance } from '../state/instance.js';
import { ApiError } from '../wire/api-error.js';
import { branch, required, text } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import type { Action, Call } from './call.js';

export const describeInstanceAttribute: Action = call => {
  const instance = instanceOf(call);
  const attribute = required(call.params, 'Attribute');
  const values: Readonly<Record<string, XmlTree>> = {
    userData: instance.userData === '' ? {} : { value: instance.userData },
    disableApiTermination: { value: instance.isProtected },
    instanceInitiatedShutdownBehavior: { value: instance.shutdownBehavior },
    instanceType: { value: instance.spec.type.type },
  };
  const value = values[attribute];
  if (value === undefined)
    throw new ApiError('InvalidParameterValue', `Value (${attribute}) for parameter attribute is invalid.`);
  return { instanceId: instance.id, [attribute]: value };
};

export const modifyInstanceAttribute: Action = call => {
  const { params } = call;
  const instance = instanceOf(call);
  const behavior = changedValue(call, 'InstanceInitiatedShutdownBehavior', 'instanceInitiatedShutdownBehavior');
  if (behavior !== undefined) instance.shutdownBehavior = behavior === 'terminate' ? 'terminate' : 'stop';
  const protection = changedValue(call, 'DisableApiTermination', 'disableApiTermination');
  if (protection !== undefined) instance.isProtected = protection === 'true';
  const userData = text(branch(params, 'UserData'), 'Value');
  if (userData !== undefined) {
    if (instance.state !== 'stopped')
      throw new ApiError('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`);
    instance.userData = userData;
  }
  return { return: true };
};

export const getConsoleOutput: Action = call => {
  const { account } = call;
  const instance = instanceOf(call);
  const lines = instance.runs.map(
    ({ from }) => `[    0.000000] Linux version 6.1 (booted ${new Date(from).toISOString()})\n`,
  );
  return {
    instanceId: instance.id,
    timestamp: new Date(account.now()),
    output: Buffer.from(lines.join('')).toString('base64'),
  };
};

function changedValue({ params }: Call, member: string, attribute: string): string | undefined {
  const isNamed = text(params, 'Attribute') === attribute;
  return text(branch(params, member), 'Value') ?? (isNamed ? text(params, 'Value') : undefined);
}

function instanceOf({ account, params }: Call): Instance {
  return account.instancesNamed([required(params, 'InstanceId')])[0]!;
}
