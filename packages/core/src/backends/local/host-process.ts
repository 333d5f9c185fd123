import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { AgentConnection } from '../agent/agent-connection.js';
import { type HostOptions, spawnHost, takeSpareHost } from './spare-host.js';

const lastWordsLength = 2000;
/** A host that was told to end and does not is killed after this time, milliseconds. */
const closeDeadlineMs = 10_000;

/** The job host that is a child of this process, and the connection to it. */
export class HostProcess {
  readonly connection: AgentConnection;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #lastWords = '';

  constructor(options: HostOptions) {
    const child = takeSpareHost(options) ?? spawnHost(options);
    this.#child = child;
    const socket = child.stdio[3] as Socket;
    const stderr = child.stderr as Socket;
    stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-lastWordsLength);
    });
    this.#exited = new Promise(resolve => {
      child.on('exit', () => resolve());
      child.on('error', error => {
        this.#lastWords += error.message;
        resolve();
      });
    });
    // While it has nothing to do the host must not keep this process alive; it ends when the socket closes.
    const hold = (busy: boolean): void => {
      for (const handle of [child, socket, stderr]) {
        if (busy) handle.ref();
        else handle.unref();
      }
    };
    this.connection = new AgentConnection(socket, { onBusy: hold, lastWords: () => this.#lastWords.trim() });
    hold(false);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends the host and all that it started; settles when it is gone. */
  async close(): Promise<void> {
    this.#child.ref();
    this.connection.close();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), closeDeadlineMs);
    await this.#exited;
    clearTimeout(kill);
  }
}
