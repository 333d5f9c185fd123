import type { Readable } from 'node:stream';
import { MegalithError } from '@megalith/agent';
import { cancelled, connectionFailure, inWords, type Place } from './connection-failure.js';
import type { ExecOptions, ExecResult, RemoteCommand } from './ssh-session.js';
import type { Limits } from './tcp-connection.js';

type Start = (command: string, limits: Limits) => Promise<RemoteCommand & { kill(): void }>;

/**
 * Runs a command to its end and gathers its output. One that runs too long, prints too much or is cancelled is
 * killed there, as far as the host passes signals on.
 * @throws MegalithError SSH_FAILED, TIMED_OUT, CANCELLED
 */
export async function runCommand(
  place: Place,
  command: string,
  start: Start,
  options: ExecOptions,
): Promise<ExecResult> {
  const { signal, timeoutMs = 60_000, maxOutputBytes = 16 * 1024 * 1024 } = options;
  const deadlineMs = performance.now() + timeoutMs;
  const running = await start(command, { signal, deadlineMs }).catch((error: unknown) => {
    if (options.stdin !== undefined && 'destroy' in options.stdin) options.stdin.destroy();
    const isLate = error instanceof MegalithError && error.details?.timedOut === true;
    throw isLate ? timedOut(place, timeoutMs, error) : error;
  });
  return new Promise((resolve, reject) => {
    const stop = (error: Error): void => {
      release();
      running.kill();
      reject(error);
    };
    const onAbort = (): void => stop(cancelled(place, signal!));
    const timer = setTimeout(() => stop(timedOut(place, timeoutMs)), Math.max(0, deadlineMs - performance.now()));
    const gather = (source: Readable, name: string): Promise<string> => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      source.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxOutputBytes) chunks.push(chunk);
        else
          stop(
            connectionFailure(
              place,
              'exec',
              `a command on ${inWords(place)} wrote more than ${maxOutputBytes} bytes to ${name}`,
              {
                hint: 'let the command write to a file, or follow its output as a stream',
                details: { maxOutputBytes },
              },
            ),
          );
      });
      return new Promise(read => {
        const finish = (): void => read(Buffer.concat(chunks).toString());
        source.once('end', finish).once('close', finish);
      });
    };
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (options.stdin !== undefined && 'destroy' in options.stdin) options.stdin.destroy();
    };
    // A command may end without reading all of its input: its exit code tells more than the broken pipe does.
    running.stream.on('error', () => undefined);
    const outputs = Promise.all([gather(running.stream, 'standard output'), gather(running.stderr, 'standard error')]);
    running.ended
      .then(async ({ code, signal: endedBy }) => {
        const [stdout, stderr] = await outputs;
        resolve({ code, signal: endedBy, stdout, stderr });
      })
      .catch(reject)
      .finally(release);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    feed(running, options.stdin, stop);
  });
}

function feed({ stream }: RemoteCommand, stdin: Buffer | Readable | undefined, stop: (error: Error) => void): void {
  if (stdin === undefined || Buffer.isBuffer(stdin)) return void stream.end(stdin);
  stdin.on('error', stop);
  stdin.pipe(stream);
}

function timedOut(place: Place, timeoutMs: number, cause?: Error): MegalithError {
  return new MegalithError(
    'TIMED_OUT',
    `a command on ${inWords(place)} took longer than ${timeoutMs} ms and was ended`,
    {
      hint: 'give it more time, or see what it waits for on the host',
      details: { layer: 'exec', host: place.target.name, timeoutMs },
      ...(cause !== undefined && { cause }),
    },
  );
}
