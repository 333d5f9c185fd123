import { type QuotaKind, quotaKinds } from '../data/quota-codes.js';
import type { Account } from '../state/account.js';
import { ApiError } from '../wire/api-error.js';
import { type JsonAction, type JsonBody, jsonPage, member } from './json-call.js';

export const getServiceQuota: JsonAction = (account, body) => {
  checkService(body);
  const code = member(body, 'QuotaCode');
  const kind = quotaKinds.find(kind => kind.code === code);
  if (kind === undefined)
    throw new ApiError(
      'NoSuchResourceException',
      'The request failed because the specified service quota does not exist.',
    );
  return { Quota: quota(account, kind) };
};

export const listServiceQuotas: JsonAction = (account, body) => {
  checkService(body);
  const { items, ...next } = jsonPage(account, body, quotaKinds, 100);
  return { Quotas: items.map(kind => quota(account, kind)), ...next };
};

function checkService(body: JsonBody): void {
  if (member(body, 'ServiceCode') !== 'ec2')
    throw new ApiError('NoSuchResourceException', 'The request failed because the specified service does not exist.');
}

function quota({ id, region, quotas }: Account, { code, name }: QuotaKind): JsonBody {
  return {
    ServiceCode: 'ec2',
    ServiceName: 'Amazon Elastic Compute Cloud (Amazon EC2)',
    QuotaArn: `arn:aws:servicequotas:${region}:${id}:ec2/${code}`,
    QuotaCode: code,
    QuotaName: name,
    Value: quotas.get(code),
    Unit: 'None',
    Adjustable: true,
    GlobalQuota: false,
  };
}
