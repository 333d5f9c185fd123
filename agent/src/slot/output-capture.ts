type Write = typeof process.stdout.write;

/** Receives what a task prints. */
export type OnOutput = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;

/**
 * Sends what this thread writes to `process.stdout` and `process.stderr`, `console` included, to `onOutput`.
 * Output that goes around JavaScript (child processes, native code) leaves through the process's own pipes.
 */
export function captureOutput(onOutput: OnOutput): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const write = (chunk: string | Uint8Array, encodingOrDone?: unknown, done?: unknown): boolean => {
      const encoding = typeof encodingOrDone === 'string' ? (encodingOrDone as BufferEncoding) : 'utf8';
      onOutput(name, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
      if (typeof callback === 'function') process.nextTick(callback as () => void);
      return true;
    };
    process[name].write = write as Write;
  }
}
