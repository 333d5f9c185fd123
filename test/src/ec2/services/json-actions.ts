import type { JsonAction } from './json-call.js';
import { getProducts } from './pricing.js';
import { getServiceQuota, listServiceQuotas } from './service-quotas.js';
import { getParameter, getParameters } from './ssm.js';

/** By X-Amz-Target. */
export const jsonActions: Readonly<Record<string, JsonAction>> = {
  'AmazonSSM.GetParameter': getParameter,
  'AmazonSSM.GetParameters': getParameters,
  'AWSPriceListService.GetProducts': getProducts,
  'ServiceQuotasV20190624.GetServiceQuota': getServiceQuota,
  'ServiceQuotasV20190624.ListServiceQuotas': listServiceQuotas,
};
