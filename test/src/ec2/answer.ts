import { allActions } from './actions/all-actions.js';
import type { Ec2Options } from './ec2-simulator.js';
import type { RequestFaults } from './faults.js';
import { jsonActions } from './services/json-actions.js';
import type { Account } from './state/account.js';
import { ApiError } from './wire/api-error.js';
import { flag, text, texts } from './wire/params.js';
import { ec2Reply, jsonReply, type Reply, stsReply } from './wire/reply.js';
import type { ApiRequest } from './wire/request.js';

/** Does what a request asks, and says what came of it. @throws ApiError */
export function answer(
  account: Account,
  request: ApiRequest,
  requestId: string,
  faults: RequestFaults,
  authorize: Ec2Options['authorize'],
): Reply {
  const { action, params, service, json } = request;
  if (service === '') throw new ApiError('AuthFailure', 'AWS was not able to validate the provided access credentials');
  faults.refuse(instanceIdsOf(request));
  if (authorize !== undefined && !authorize({ action, params })) {
    if (json !== undefined)
      throw new ApiError('AccessDeniedException', `User is not authorized to perform: ${service}:${action}`);
    throw new ApiError('UnauthorizedOperation', 'You are not authorized to perform this operation.');
  }
  if (json !== undefined) {
    const act = jsonActions[json.target];
    if (act === undefined) throw new ApiError('UnknownOperationException', `There is no ${json.target}.`);
    return jsonReply(200, act(account, json.body));
  }
  if (service === 'sts' && action === 'GetCallerIdentity') {
    const { id } = account;
    return stsReply(action, requestId, { UserId: 'AIDASIMULATED', Account: id, Arn: `arn:aws:iam::${id}:user/tester` });
  }
  const act = Object.hasOwn(allActions, action) ? allActions[action] : undefined;
  if (act === undefined) throw new ApiError('InvalidAction', `The action ${action} is not valid for this web service.`);
  if (flag(params, 'DryRun') === true)
    throw new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  return ec2Reply(action, requestId, act({ account, action, params, faults }));
}

function instanceIdsOf({ params }: ApiRequest): string[] {
  const one = text(params, 'InstanceId');
  return one === undefined ? texts(params, 'InstanceId') : [one];
}
