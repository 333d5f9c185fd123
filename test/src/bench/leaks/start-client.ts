import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from '../../conformance/eventually.js';

export interface ClientJob {
  readonly id: string;
  readonly home: string;
  /** Where the job says that it began and ended: a folder that the machines share. */
  readonly tally: string;
  readonly tookSeconds: number;
}

export interface LeakClient {
  readonly pid: number;
  readonly hasEnded: boolean;
  /** What it has said. */
  said(): string;
  kill(): void;
  /** Its exit code; null where it was killed. @throws after the deadline */
  end(deadlineMs: number): Promise<number | null>;
}

// Built: a process of its own does not read TypeScript.
const program = fileURLToPath(new URL('../../../dist/bench/leaks/leak-client.js', import.meta.url));

/** What the SDK takes for a person of AWS. */
export const fakeCredentials = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
} as const;

/** Starts a client, which finds its inventory in its home. */
export function startClient(job: ClientJob): LeakClient {
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(job)], {
    cwd: job.home,
    env: { ...process.env, ...fakeCredentials, MEGALITH_HOME: job.home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', (part: Buffer) => parts.push(part));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid!,
    get hasEnded() {
      return hasEnded();
    },
    said: () => Buffer.concat(parts).toString(),
    kill: () => void child.kill('SIGKILL'),
    async end(deadlineMs) {
      if (!hasEnded()) await within(deadlineMs, 'the end of a client', once(child, 'exit'));
      return child.exitCode;
    },
  };
}
