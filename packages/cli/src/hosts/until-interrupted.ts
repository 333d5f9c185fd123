import { Interrupt, interruptExitCode } from '../run/interrupt.js';

interface InterruptWords {
  /** Said at the first Ctrl-C. */
  readonly first: string;
  /** Said at the second one. */
  readonly second: string;
  /** A line on standard error. */
  readonly note: (line: string) => void;
}

/** Runs something that Ctrl-C cancels. A second one ends the process at once. */
export async function untilInterrupted<T>(
  run: (signal: AbortSignal) => Promise<T>,
  words?: InterruptWords,
): Promise<T> {
  using interrupt = new Interrupt({
    onFirst: cause => {
      if (cause !== 'EPIPE') words?.note(words.first);
    },
    onSecond: () => {
      words?.note(words.second);
      process.exit(interruptExitCode('SIGINT'));
    },
  });
  return await run(interrupt.signal);
}
