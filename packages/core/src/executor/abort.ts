/** Listeners by signal: one signal may end thousands of jobs, and Node warns of a leak from the eleventh listener on. */
const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `listener` when the signal aborts. @returns what takes the listener away */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersOf.get(signal) ?? listen(signal);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function listen(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  signal.addEventListener(
    'abort',
    () => {
      for (const listener of listeners) listener();
    },
    { once: true },
  );
  return listeners;
}
