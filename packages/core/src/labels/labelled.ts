import type { Label } from '@megalith/agent';
export function labelOfInput(_items: unknown): { label: Label; from: string } | undefined {
  return undefined;
}
