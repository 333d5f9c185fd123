import type { InspectedFunction } from './inspect-function.js';
import { originalPosition, placeName } from './original-position.js';
import type { Script } from './script.js';

/** Where a function's text starts in its script; V8's own location is a few characters further in. */
export function textOffset(inspected: InspectedFunction, text: string): number {
  const start = inspected.script.source.lastIndexOf(text, inspected.offset);
  return start === -1 ? inspected.offset : start;
}

export function place(script: Script, offset: number): string {
  const position = originalPosition(script, offset);
  return position === undefined ? 'code made from a string' : placeName(position);
}
