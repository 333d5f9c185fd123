import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process of its own that runs a module's text; what it prints comes line by line. */
export interface NodeProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The next line that it prints. */
  readonly line: () => Promise<string>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const running = new Set<NodeProcess>();

export function startNode(text: string): NodeProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the process ended without another line');
    return value;
  };
  const started: NodeProcess = { pid: child.pid!, child, line, ended };
  running.add(started);
  return started;
}

/** Ends every process that the test started. */
export async function endNodes(): Promise<void> {
  for (const started of running) {
    started.child.kill('SIGKILL');
    await started.ended;
    running.delete(started);
  }
}
