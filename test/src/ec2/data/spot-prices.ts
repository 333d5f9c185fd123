import type { InstanceType } from './instance-types.js';

/** The spot price, $ an hour: 25 to 45 % of the other, by type and zone, always the same. */
export function spotUsdPerHour(type: InstanceType, zone: string): number {
  let sum = 0;
  for (const character of `${type.type} ${zone}`) sum = (sum * 31 + character.codePointAt(0)!) % 1009;
  return Number((type.usdPerHour * (0.25 + (0.2 * sum) / 1009)).toFixed(6));
}
