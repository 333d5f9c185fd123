import type { DataPart } from '@megalith/core';

export function bytesOf(part: DataPart): number {
  return part.end - part.start;
}
