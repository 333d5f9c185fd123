import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Capacity } from '../host/admission.js';
import { FrameReader, frameType, readMessage, writeMessage } from '../protocol/frame.js';
import { type HostMessage, protocolVersion } from '../protocol/messages.js';
import { agentSocketPath } from './socket-path.js';

export interface NeighbourOptions {
  /** The folder that has a folder for each version of the agent. */
  readonly agentsFolder: string;
  /** The name of this agent's own. */
  readonly own: string;
  /** When this agent started, epoch milliseconds: of two, the younger one stays. */
  readonly startedAt: number;
  /** Called with what all others hold together, as it changes. */
  readonly onLoad: (load: Capacity) => void;
}

/**
 * The agents of other versions on this machine. Each tells the others what its jobs hold, and gives out only what is left; so two clients of different
 * releases share a machine, give or take what both begin within the same moment.
 */
export class Neighbours {
  readonly #options: NeighbourOptions;
  readonly #loads = new Map<string, Capacity>();
  readonly #sockets = new Map<string, Socket>();

  constructor(options: NeighbourOptions) {
    this.#options = options;
  }

  /** Meets all that there are. */
  async meetAll(): Promise<void> {
    for (const name of await readdir(this.#options.agentsFolder)) this.meet(name);
  }

  /** Hears from one agent what it holds from now on, and tells it that this one is here. */
  meet(name: string): void {
    const { agentsFolder, own, startedAt } = this.#options;
    // A name comes from another process and becomes a path.
    if (name === own || this.#sockets.has(name) || !/^[0-9a-f]+$/.test(name)) return;
    const socket = connect(agentSocketPath(join(agentsFolder, name)));
    socket.unref();
    this.#sockets.set(name, socket);
    const reader = new FrameReader((type, payload) => {
      if (type !== frameType.control) return;
      const message = readMessage(payload) as HostMessage;
      if (message.type !== 'load') return;
      this.#loads.set(name, message);
      this.#tell();
    });
    socket.once('connect', () => {
      writeMessage(socket, { type: 'hello', version: protocolVersion });
      writeMessage(socket, { type: 'share', agent: own, startedAt });
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // A socket that nobody serves is what a killed agent left.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(name);
      if (this.#loads.delete(name)) this.#tell();
    });
  }

  /** The names of those that live, as far as is known. */
  get names(): ReadonlySet<string> {
    return new Set(this.#sockets.keys());
  }

  /** Jobs of others hold a part of the machine. */
  get isLoaded(): boolean {
    return [...this.#loads.values()].some(({ cpus, memoryBytes }) => cpus > 0 || memoryBytes > 0);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #tell(): void {
    let cpus = 0;
    let memoryBytes = 0;
    for (const load of this.#loads.values()) {
      cpus += load.cpus;
      memoryBytes += load.memoryBytes;
    }
    this.#options.onLoad({ cpus, memoryBytes });
  }
}
