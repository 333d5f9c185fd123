import { createInterface } from 'node:readline/promises';
import { MegalithError } from '@megalith/core';

/** Somebody who can be asked. */
export type Ask = (question: string, signal: AbortSignal) => Promise<boolean>;

/** The user at the terminal; undefined where nobody sits there. The question goes to standard error. */
export function askAtTerminal(): Ask | undefined {
  return process.stdin.isTTY && process.stderr.isTTY ? askUser : undefined;
}

async function askUser(question: string, signal: AbortSignal): Promise<boolean> {
  // Without line editing Ctrl-C stays a signal, as everywhere else.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const closed = new Promise<undefined>(resolve => lines.once('close', () => resolve(undefined)));
  try {
    for (let text = `${question} (yes/no) `; ; text = 'Please write "yes" or "no": ') {
      const answer = (await Promise.race([lines.question(text, { signal }), closed]))?.trim().toLowerCase();
      if (answer === 'yes') return true;
      if (answer === 'no' || answer === undefined) return false;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new MegalithError('CANCELLED', 'the question was not answered', { cause: signal.reason });
  } finally {
    lines.close();
  }
}
