import type { InstanceType } from './instance-types.js';

/** Whether a zone has a type: the rare ones are not in every zone. */
export function isOffered({ type }: InstanceType, zone: string): boolean {
  if (/^(u7i|x8g)/.test(type)) return !zone.endsWith('b');
  return !(/^x2i/.test(type) && zone.endsWith('c'));
}
