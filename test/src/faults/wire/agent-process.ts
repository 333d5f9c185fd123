import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { AgentLine, MachineOptions } from '@megalith/agent';
import { firstLine } from '../../hosts/first-line.js';

const bundle = createRequire(import.meta.url).resolve('@megalith/agent/agent.mjs');

/** A machine's agent as a child of this process, which can be killed and comes back at the next connection. */
export class AgentProcess {
  readonly home: string;
  readonly #entry: string;
  readonly #settings: Partial<MachineOptions>;
  #child: ChildProcess | undefined;
  #line: Promise<AgentLine> | undefined;

  /** @param version the name of the agent's folder */
  constructor(home: string, settings: Partial<MachineOptions> = {}, version = 'test') {
    this.home = home;
    this.#settings = settings;
    const folder = join(home, 'agents', version);
    mkdirSync(folder, { recursive: true });
    this.#entry = join(folder, 'agent.mjs');
    copyFileSync(bundle, this.#entry);
  }

  async open(): Promise<Socket> {
    this.#line ??= this.#start();
    const { socket: path } = await this.#line;
    const socket = connect(path);
    await once(socket, 'connect');
    return socket;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it, and waits until it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    const isRunning = this.isRunning;
    this.#child = this.#line = undefined;
    if (child === undefined || !isRunning) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async #start(): Promise<AgentLine> {
    const given = { home: this.home, idleMs: 60_000, cpus: 2, memoryBytes: 2 ** 30, ...this.#settings };
    const options = JSON.stringify(given);
    const log = openSync(join(this.home, 'agent.log'), 'a');
    const child = spawn(process.execPath, [this.#entry, 'machine', options], { stdio: ['ignore', 'pipe', log] });
    this.#child = child;
    return JSON.parse(await firstLine(child)) as AgentLine;
  }
}
