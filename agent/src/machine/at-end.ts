import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface ShutdownOptions {
  /** The program and its arguments. @defaultValue `shutdown -h now`, plain and through `sudo -n` */
  readonly command?: readonly string[] | undefined;
  /** Between two tries, milliseconds. @defaultValue 60 s */
  readonly retryMs?: number;
  readonly onLog: (line: string) => void;
}

const defaultRetryMs = 60_000;
/** A shutdown is asked for within moments; one that hangs is tried again. */
const deadlineMs = 30_000;
/** Where `shutdown` lies is not on everybody's path. */
const systemFolders = '/usr/sbin:/sbin';

/** Ends the machine, and does not rest before it has: each try is followed by another for as long as this process lives. */
export class MachineShutdown {
  readonly #options: ShutdownOptions;
  #problem: string | undefined;
  #hasBegun = false;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** How it goes, in one sentence. */
  get reason(): string {
    if (this.#problem === undefined) return 'the machine shuts down';
    return `the machine cannot be shut down, which is tried again and again: ${this.#problem}`;
  }

  /** @param prepare called once before the first try; the machine is shut down even if it fails */
  begin(prepare: () => Promise<void>): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    void this.#run(prepare);
  }

  async #run(prepare: () => Promise<void>): Promise<void> {
    try {
      await prepare();
    } catch (error) {
      this.#options.onLog(`the machine is shut down though not all is written: ${String(error)}`);
    }
    await this.#try();
    setInterval(() => void this.#try(), this.#options.retryMs ?? defaultRetryMs);
  }

  async #try(): Promise<void> {
    const { command, onLog } = this.#options;
    const env = { ...process.env, PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:${systemFolders}` };
    const problems: string[] = [];
    for (const [program = '', ...args] of command === undefined ? shutdownCommands(process.getuid?.()) : [command]) {
      onLog(`the machine is shut down: ${[program, ...args].join(' ')}`);
      try {
        await promisify(execFile)(program, args, { env, timeout: deadlineMs, killSignal: 'SIGKILL' });
        this.#problem = undefined;
        return;
      } catch (error) {
        problems.push(String((error as { stderr?: string }).stderr || error).trim());
      }
    }
    this.#problem = problems.join('; ');
    onLog(`THE MACHINE CANNOT BE SHUT DOWN: ${this.#problem}`);
  }
}

/** The ways to try, the likelier first: who may shut a machine down differs from system to system. */
export function shutdownCommands(userId: number | undefined): readonly (readonly string[])[] {
  const plain = ['shutdown', '-h', 'now'];
  const asRoot = ['sudo', '-n', ...plain];
  return userId === 0 ? [plain, asRoot] : [asRoot, plain];
}
