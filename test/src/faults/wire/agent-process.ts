import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { AgentLine } from '@megalith/agent';
import { firstLine } from '../../hosts/first-line.js';

const bundle = createRequire(import.meta.url).resolve('@megalith/agent/agent.mjs');

/** A machine's agent as a child of this process, which can be killed and comes back at the next connection. */
export class AgentProcess {
  readonly home: string;
  readonly #entry: string;
  #child: ChildProcess | undefined;
  #line: Promise<AgentLine> | undefined;

  constructor(home: string) {
    this.home = home;
    const folder = join(home, 'agents', 'test');
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

  /** Ends it by SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = this.#line = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async #start(): Promise<AgentLine> {
    const options = JSON.stringify({ home: this.home, idleMs: 60_000, cpus: 2, memoryBytes: 2 ** 30 });
    const log = openSync(join(this.home, 'agent.log'), 'a');
    const child = spawn(process.execPath, [this.#entry, 'machine', options], { stdio: ['ignore', 'pipe', log] });
    this.#child = child;
    return JSON.parse(await firstLine(child)) as AgentLine;
  }
}
