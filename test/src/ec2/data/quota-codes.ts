import { familyOf } from './instance-types.js';

/** A limit on the vCPUs of running instances of some families on one market. */
export interface QuotaKind {
  readonly code: string;
  readonly name: string;
  readonly market: 'on-demand' | 'spot';
  /** How a family begins that counts here. */
  readonly families: RegExp;
}

const standard = /^(a|c|d|h|i|m|r|t|z)\d/;
const x = /^x\d/;
const highMemory = /^u/;
const graphics = /^(g|vt)\d/;

/** Codes and names as Service Quotas lists them for `ec2`. */
export const quotaKinds: readonly QuotaKind[] = [
  ['L-1216C47A', 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', 'on-demand', standard],
  ['L-7295265B', 'Running On-Demand X instances', 'on-demand', x],
  ['L-43DA4232', 'Running On-Demand High Memory instances', 'on-demand', highMemory],
  ['L-DB2E81BA', 'Running On-Demand G and VT instances', 'on-demand', graphics],
  ['L-34B43A08', 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests', 'spot', standard],
  ['L-E3A00192', 'All X Spot Instance Requests', 'spot', x],
  ['L-3819A6DF', 'All G and VT Spot Instance Requests', 'spot', graphics],
].map(([code, name, market, families]) => ({ code, name, market, families }) as QuotaKind);

export function quotaKindOf(type: string, market: 'on-demand' | 'spot'): QuotaKind | undefined {
  const family = familyOf(type);
  return quotaKinds.find(kind => kind.market === market && kind.families.test(family));
}
