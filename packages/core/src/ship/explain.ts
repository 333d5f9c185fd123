import { types } from 'node:util';
import { MegalithError } from '@megalith/agent';

/** What is wrong with a function, before it is known how the user calls it. */
export interface Refusal {
  /** What cannot travel and why, as it follows `cannot ship 'f' (file:1): `. */
  readonly because: string;
  /** What to do. */
  readonly hint: string;
  /** The variable at fault. */
  readonly variable?: string;
  /** From the function to the variable, through the functions that it calls. */
  readonly path?: readonly string[];
  readonly cause?: unknown;
}

/** Who is being shipped, as errors call it. */
export interface Subject {
  readonly name: string;
  /** `src/main.ts:12`; undefined where it is not known. */
  readonly where: string | undefined;
}

export function cannotShip(subject: Subject, refusal: Refusal): MegalithError {
  const place = subject.where === undefined ? '' : ` (${subject.where})`;
  const path = refusal.path ?? [];
  // The ends are named in the sentence itself; only what lies between them is news.
  const way = path.length > 2 ? `, by way of ${path.slice(1, -1).map(quote).join(' → ')}` : '';
  return new MegalithError('CANNOT_SHIP', `cannot ship ${quote(subject.name)}${place}: ${refusal.because}${way}`, {
    hint: refusal.hint,
    details: {
      function: subject.name,
      ...(subject.where === undefined ? {} : { where: subject.where }),
      ...(refusal.variable === undefined ? {} : { variable: refusal.variable }),
      ...(path.length === 0 ? {} : { path: [...path] }),
    },
    cause: refusal.cause,
  });
}

export function quote(name: string): string {
  return `'${name}'`;
}

/** The advice that is right in most cases. */
export const moveToModule = 'move it to a module of its own and export the function';

/** Refuses a function that V8 has no source of. */
export function withoutSource(fn: object, trail: readonly string[]): Refusal {
  const what = types.isProxy(fn) ? 'a Proxy' : isBound(fn) ? 'a bound function' : 'a native function';
  const isRoot = trail.length === 1;
  return {
    because: `${isRoot ? 'it' : `captured ${quote(trail.at(-1)!)}`} is ${what}, and has no source to ship`,
    hint: 'wrap it in a function that makes the call: item => f(item)',
    ...(isRoot ? {} : { variable: trail.at(-1)!, path: trail }),
  };
}

function isBound(fn: object): boolean {
  return (fn as { readonly name: string }).name.startsWith('bound ');
}
