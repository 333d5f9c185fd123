import { MegalithError } from '@megalith/agent';

/** Many who ask the same at once are answered by one look: whoever comes while one is under way gets its answer. */
export function inFlight<T>(look: (key: string) => Promise<T>): (key?: string, signal?: AbortSignal) => Promise<T> {
  const looks = new Map<string, Promise<T>>();
  return (key = '', signal) => {
    let answer = looks.get(key);
    if (answer === undefined) {
      answer = look(key).finally(() => looks.delete(key));
      looks.set(key, answer);
    }
    return whileWanted(answer, signal);
  };
}

/** What others wait for too goes on when one of them gives up. @throws MegalithError CANCELLED for that one */
export async function whileWanted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await answer;
  let onAbort!: () => void;
  const given = new Promise<never>((_, reject) => {
    onAbort = () => reject(new MegalithError('CANCELLED', 'the wait was cancelled', { cause: signal.reason }));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([answer, given]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
