import { createHash } from 'node:crypto';
import { type InstanceType, instanceTypes } from '../data/instance-types.js';
import type { Account } from '../state/account.js';
import { ApiError } from '../wire/api-error.js';
import { type JsonAction, type JsonBody, jsonPage, member } from './json-call.js';

/** The on-demand prices of EC2 instances with Linux: each product is a text that holds JSON, as AWS sends it. */
export const getProducts: JsonAction = (account, body) => {
  const service = member(body, 'ServiceCode');
  if (service !== 'AmazonEC2') throw new ApiError('NotFoundException', `Service code '${service}' not found.`);
  const filters = Array.isArray(body.Filters) ? (body.Filters as readonly JsonBody[]) : [];
  const fitting = instanceTypes
    .map(type => ({ type, attributes: attributesOf(account, type) }))
    .filter(({ attributes }) =>
      filters.every(filter => {
        const value = attributes[member(filter, 'Field')];
        return value !== undefined && fits(member(filter, 'Type'), value, member(filter, 'Value'));
      }),
    );
  const { items, ...next } = jsonPage(account, body, fitting, 100);
  return {
    FormatVersion: 'aws_v1',
    PriceList: items.map(({ type, attributes }) => product(type, attributes)),
    ...next,
  };
};

function fits(how: string, value: string, wanted: string): boolean {
  if (how === 'TERM_MATCH' || how === 'EQUALS') return value === wanted;
  if (how === 'ANY_OF') return wanted.split(',').includes(value);
  if (how === 'NONE_OF') return !wanted.split(',').includes(value);
  if (how === 'CONTAINS') return value.includes(wanted);
  throw new ApiError('InvalidParameterException', `Filter type '${how}' is unknown.`);
}

function attributesOf({ region }: Account, type: InstanceType): Readonly<Record<string, string>> {
  return {
    instanceType: type.type,
    vcpu: `${type.cpus}`,
    memory: `${type.memoryMib / 1024} GiB`,
    regionCode: region,
    location: 'US East (N. Virginia)',
    locationType: 'AWS Region',
    operatingSystem: 'Linux',
    operation: 'RunInstances',
    preInstalledSw: 'NA',
    tenancy: 'Shared',
    capacitystatus: 'Used',
    licenseModel: 'No License required',
    marketoption: 'OnDemand',
    currentGeneration: type.isPrevious === true ? 'No' : 'Yes',
    usagetype: `BoxUsage:${type.type}`,
  };
}

function product(type: InstanceType, attributes: Readonly<Record<string, string>>): string {
  const sku = createHash('sha256').update(type.type).digest('hex').slice(0, 16).toUpperCase();
  const term = `${sku}.JRTCKXETXF`;
  const rate = `${term}.6YS6EN2CT7`;
  const dimension = {
    rateCode: rate,
    unit: 'Hrs',
    beginRange: '0',
    endRange: 'Inf',
    description: `$${type.usdPerHour} per On Demand Linux ${type.type} Instance Hour`,
    appliesTo: [],
    pricePerUnit: { USD: type.usdPerHour.toFixed(10) },
  };
  const terms = { offerTermCode: 'JRTCKXETXF', sku, effectiveDate: '2026-07-01T00:00:00Z', termAttributes: {} };
  return JSON.stringify({
    product: { productFamily: 'Compute Instance', sku, attributes },
    serviceCode: 'AmazonEC2',
    terms: { OnDemand: { [term]: { ...terms, priceDimensions: { [rate]: dimension } } } },
    version: '20260720000000',
    publicationDate: '2026-07-20T00:00:00Z',
  });
}
