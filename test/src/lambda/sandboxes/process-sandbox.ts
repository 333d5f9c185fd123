import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { eventually } from '../../conformance/eventually.js';
import { processTable, signalTo } from '../../hosts/process-table.js';
import { RuntimeApi, type Said } from './runtime-api.js';
import { errorBody, type Invocation, type Outcome, type Sandbox, type SandboxRun } from './sandbox.js';
import type { SandboxPlace, SandboxProcesses } from './sandbox-processes.js';

export interface ProcessSandboxOptions {
  readonly id: string;
  readonly place: SandboxPlace;
  readonly initTimeoutMs: number;
  start(place: SandboxPlace): SandboxProcesses;
}

type Sign = Said | { readonly type: 'exited'; readonly how: string | undefined } | { readonly type: 'late' };

/** Between two looks at memory, milliseconds. */
const lookMs = 20;

/** A sandbox that runs what was uploaded, as Lambda's would: with a runtime API, limits, and frozen between calls. */
export class ProcessSandbox implements Sandbox {
  readonly id: string;
  readonly #options: ProcessSandboxOptions;
  readonly #signs: Sign[] = [];
  #wake: () => void = () => undefined;
  #api: RuntimeApi | undefined;
  #processes: SandboxProcesses | undefined;
  #log = '';
  #peakMib = 0;
  #isRunning = false;
  #outOfMemory = false;
  isBroken = false;

  constructor(options: ProcessSandboxOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get pid(): number {
    return this.#processes?.child.pid ?? 0;
  }

  processes() {
    const ids = new Set(this.#processes?.ids() ?? []);
    return processTable(pid => ids.has(pid)).map(({ pid, state, command }) => ({ pid, state, command }));
  }

  async run(invocation: Invocation): Promise<SandboxRun> {
    this.#log = '';
    const looking = setInterval(() => this.#look(), lookMs);
    let initMs: number | undefined;
    let durationMs = 0;
    let outcome: Outcome | undefined;
    try {
      if (!this.#isRunning) {
        const init = await this.#initialise(invocation.timeoutMs);
        initMs = init.ms;
        outcome = init.failure;
      }
      const startedAt = performance.now();
      outcome ??= await this.#call(invocation);
      durationMs = performance.now() - startedAt;
    } finally {
      clearInterval(looking);
    }
    this.#look();
    if (outcome.kind === 'exited' || outcome.kind === 'timed-out' || this.#outOfMemory) {
      outcome = this.#outOfMemory ? { kind: 'exited', how: 'signal: killed' } : outcome;
      await this.#kill();
    } else if (this.#isRunning) {
      await this.#freeze();
    }
    const measured = this.#peakMib === 0 ? {} : { peakMib: this.#peakMib };
    return { outcome, durationMs, log: this.#log, ...measured, ...(initMs === undefined ? {} : { initMs }) };
  }

  /** Lambda tries twice: for at most ten seconds before the call, and once more as part of it. */
  async #initialise(timeoutMs: number): Promise<{ readonly ms: number; readonly failure?: Outcome }> {
    for (const [phase, limitMs] of [
      ['init', this.#options.initTimeoutMs],
      ['invoke', timeoutMs],
    ] as const) {
      await this.#start();
      const startedAt = performance.now();
      const sign = await this.#next(startedAt + limitMs);
      const ms = performance.now() - startedAt;
      if (sign.type === 'asked') {
        this.#isRunning = true;
        this.#processes?.limitCpu();
        return { ms };
      }
      await this.#kill();
      const status =
        sign.type === 'late'
          ? 'timeout'
          : `error\tError Type: ${sign.type === 'exited' ? 'Runtime.ExitError' : typeIn(sign)}`;
      this.#log += `INIT_REPORT Init Duration: ${ms.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${status}\n`;
      if (phase === 'init') continue;
      if (sign.type === 'late') return { ms, failure: { kind: 'timed-out' } };
      if (sign.type === 'exited') return { ms, failure: { kind: 'exited', how: sign.how } };
      return { ms, failure: { kind: 'threw', body: 'body' in sign ? sign.body : errorBody('Runtime.Unknown', '') } };
    }
    throw new Error('an initialisation has two phases');
  }

  async #start(): Promise<void> {
    await this.#api?.close();
    this.#signs.length = 0;
    this.isBroken = false;
    this.#api = await RuntimeApi.start(said => this.#sign(said));
    const { place, start } = this.#options;
    const processes = start({ ...place, env: { ...place.env, AWS_LAMBDA_RUNTIME_API: this.#api.address } });
    this.#processes = processes;
    const { child } = processes;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        this.#log += text;
      });
    }
    child.once('error', error => {
      this.#log += `${error.message}\n`;
      this.#sign({ type: 'exited', how: 'exit status 127' });
    });
    child.once('close', (code, signal) => {
      if (this.#processes === processes) this.#sign({ type: 'exited', how: howEnded(code, signal) });
    });
  }

  async #call(invocation: Invocation): Promise<Outcome> {
    for (const pid of this.#processes?.ids() ?? []) signalTo(pid, 'SIGCONT');
    const deadline = performance.now() + invocation.timeoutMs;
    const { killAfterMs } = invocation;
    const killing = killAfterMs === undefined ? undefined : setTimeout(() => this.#processes?.kill(), killAfterMs);
    let outcome: Outcome | undefined;
    try {
      this.#api?.give(invocation);
      for (;;) {
        const sign = await this.#next(deadline);
        switch (sign.type) {
          case 'asked':
            // The call is over when the runtime asks for the next one.
            return outcome ?? { kind: 'exited', how: undefined };
          case 'answered':
            outcome = { kind: 'answered', body: sign.body };
            break;
          case 'threw':
            outcome = { kind: 'threw', body: sign.body };
            break;
          case 'too-large':
            outcome = { kind: 'too-large', bytes: sign.bytes };
            break;
          case 'init-failed':
            break;
          case 'exited':
            // What it had said counts, and is the reason why it ended.
            this.#isRunning = false;
            this.isBroken = true;
            return outcome?.kind === 'threw' ? outcome : { kind: 'exited', how: sign.how };
          case 'late':
            return { kind: 'timed-out' };
        }
      }
    } finally {
      clearTimeout(killing);
    }
  }

  #sign(sign: Sign): void {
    this.#signs.push(sign);
    this.#wake();
  }

  async #next(deadline: number): Promise<Sign> {
    let timer: NodeJS.Timeout | undefined;
    try {
      while (this.#signs.length === 0) {
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) return { type: 'late' };
        await new Promise<void>(resolve => {
          this.#wake = resolve;
          clearTimeout(timer);
          timer = setTimeout(resolve, Math.ceil(leftMs));
        });
      }
      return this.#signs.shift()!;
    } finally {
      clearTimeout(timer);
      this.#wake = () => undefined;
    }
  }

  /** Out of memory, a sandbox ends as a whole. */
  #look(): void {
    const processes = this.#processes;
    if (processes === undefined || this.isBroken) return;
    const usedMib = processes.usedMib();
    this.#peakMib = Math.max(this.#peakMib, Math.min(usedMib, this.#options.place.memoryMib));
    if (usedMib <= this.#options.place.memoryMib && processes.oomKills() === 0) return;
    this.#outOfMemory = true;
    this.#peakMib = this.#options.place.memoryMib;
    processes.kill();
  }

  /** Stops all processes, those too that are born meanwhile. */
  async #freeze(): Promise<void> {
    await eventually('the sandbox is frozen', () => {
      const running = this.processes().filter(({ state }) => state !== 'T' && state !== 't');
      for (const { pid } of running) signalTo(pid, 'SIGSTOP');
      return running.length === 0;
    });
  }

  async #kill(): Promise<void> {
    this.isBroken = true;
    this.#isRunning = false;
    const processes = this.#processes;
    if (processes === undefined) return;
    await eventually('the sandbox has ended', () => {
      processes.kill();
      return processes.ids().length === 0 && (processes.child.exitCode !== null || processes.child.signalCode !== null);
    });
    await processes.remove();
    this.#processes = undefined;
  }

  async end(): Promise<void> {
    this.#sign({ type: 'exited', how: 'signal: killed' });
    await this.#kill();
    await this.#api?.close();
    this.#api = undefined;
    rmSync(this.#options.place.folder, { recursive: true, force: true });
  }
}

/** As Go's `ProcessState` says it: `exit status 1`, `signal: killed`. Shells tell of a signal as 128 and its number. */
function howEnded(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  const number = signal === null ? (code ?? 0) - 128 : constants.signals[signal];
  const name = signalWords[number];
  if (name !== undefined && (signal !== null || (code ?? 0) > 128)) return `signal: ${name}`;
  return code === 0 ? undefined : `exit status ${code}`;
}

const signalWords: Readonly<Record<number, string>> = {
  [constants.signals.SIGABRT]: 'aborted',
  [constants.signals.SIGBUS]: 'bus error',
  [constants.signals.SIGFPE]: 'floating point exception',
  [constants.signals.SIGILL]: 'illegal instruction',
  [constants.signals.SIGKILL]: 'killed',
  [constants.signals.SIGSEGV]: 'segmentation fault',
  [constants.signals.SIGTERM]: 'terminated',
  [constants.signals.SIGTRAP]: 'trace/breakpoint trap',
};

function typeIn(sign: Sign): string {
  if (!('body' in sign)) return 'Runtime.Unknown';
  const { errorType } = JSON.parse(sign.body.toString()) as { errorType?: string };
  return errorType ?? 'Runtime.Unknown';
}
