import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Gives back the memory of everything that nobody uses any more: takes some milliseconds, more where much is in use. */
export function collectGarbage(): void {
  collect ??= collector();
  // The first finds what is unused; the second waits until the first has given it back.
  collect();
  collect();
}

/** V8's own collector, which is shown only to contexts made while the flag is set: tasks do not see it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const made = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return made;
}
