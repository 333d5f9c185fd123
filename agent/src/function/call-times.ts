/** When things happen before the function's own time limit kills everything, milliseconds from now on. */
export interface CallTimes {
  /** From here on no task begins: those that wait go back to the client. */
  readonly lastBeginMs: number;
  /** Tasks that still run are told to end. */
  readonly endRunningMs: number;
  /** Those that have not are killed. */
  readonly hurryMs: number;
  /** The answer is made of what there is. */
  readonly answerMs: number;
}

const margins = { lastBegin: 1500, endRunning: 1250, hurry: 750, answer: 500 } as const;
/** Of a shorter call, a quarter at most is kept free. */
const fullMarginsMs = 4 * margins.lastBegin;

/** @param remainingMs until the function is killed */
export function callTimes(remainingMs: number): CallTimes {
  const share = Math.min(1, remainingMs / fullMarginsMs);
  const before = (margin: number): number => Math.max(0, remainingMs - margin * share);
  return {
    lastBeginMs: before(margins.lastBegin),
    endRunningMs: before(margins.endRunning),
    hurryMs: before(margins.hurry),
    answerMs: before(margins.answer),
  };
}
