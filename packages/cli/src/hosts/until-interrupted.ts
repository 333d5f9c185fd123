import { Interrupt, interruptExitCode } from '../run/interrupt.js';

/** Runs something that Ctrl-C cancels. A second one ends the process at once. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using interrupt = new Interrupt({
    onFirst: () => undefined,
    onSecond: () => process.exit(interruptExitCode('SIGINT')),
  });
  return await run(interrupt.signal);
}
