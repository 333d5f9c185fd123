import { rmSync } from 'node:fs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const paths = new Set<string>();

/**
 * Removes a file or folder when this process ends, also by a signal that nobody else listens to: such a signal then ends the process as it would have
 * without us. Dispose of what it gives when there is nothing to remove any more.
 */
export function removedAtEnd(path: string): Disposable {
  if (paths.size === 0) {
    process.on('exit', removeAll);
    for (const signal of signals) process.on(signal, onSignal);
  }
  paths.add(path);
  return {
    [Symbol.dispose]() {
      if (paths.delete(path) && paths.size === 0) stopListening();
    },
  };
}

function onSignal(signal: NodeJS.Signals): void {
  // Somebody else decides what it means, and whether it is the end.
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  stopListening();
  process.kill(process.pid, signal);
}

function stopListening(): void {
  process.off('exit', removeAll);
  for (const signal of signals) process.off(signal, onSignal);
}

function removeAll(): void {
  for (const path of paths) {
    // A task may still be writing: what it adds meanwhile goes with the next shuffle.
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
  paths.clear();
}
