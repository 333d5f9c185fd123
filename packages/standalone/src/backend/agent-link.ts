import type { Duplex } from 'node:stream';
import { LastingConnection } from '@megalith/core';
import type { AgentRoute, Machine } from '../machine.js';

export interface LinkOptions {
  /** How long a lost machine is tried again before its jobs are given up here, milliseconds. */
  readonly patienceMs?: number;
}

/** This client's way to one machine: one route at a time, made again where it is lost, and the wire over it. */
export class AgentLink {
  readonly machine: Machine;
  readonly connection: LastingConnection;
  #route: Promise<AgentRoute> | undefined;
  #open: AgentRoute | undefined;
  #isBusy = false;
  #isClosed = false;

  constructor(machine: Machine, options: LinkOptions = {}) {
    this.machine = machine;
    this.connection = new LastingConnection({
      ...options,
      name: machine.name,
      open: signal => this.#openWire(signal),
      onBusy: busy => void this.#hold(busy),
    });
  }

  /** One more stream to the machine's agent, which is started where it does not run. */
  async open(signal?: AbortSignal): Promise<Duplex> {
    return (await this.#openStream(signal)).stream;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.connection.close();
    const route = this.#route;
    if (route === undefined) return;
    // Nothing was opened where the way there failed.
    await route.then(
      open => open.close(),
      () => undefined,
    );
  }

  /** When the wire is lost its agent may be gone, though the way to the machine is open: only a new route starts another. */
  async #openWire(signal: AbortSignal): Promise<Duplex> {
    const { route, stream } = await this.#openStream(signal);
    return stream.once('close', () => this.#drop(route));
  }

  async #openStream(signal?: AbortSignal): Promise<{ readonly route: AgentRoute; readonly stream: Duplex }> {
    const route = await this.#reach(signal);
    try {
      return { route, stream: await route.open(signal) };
    } catch (error) {
      if (!signal?.aborted) this.#drop(route);
      throw error;
    }
  }

  #drop(route: AgentRoute): void {
    if (this.#open === route) this.#open = this.#route = undefined;
    route.close();
  }

  async #reach(signal?: AbortSignal): Promise<AgentRoute> {
    if (this.#route !== undefined) return await this.#route;
    const route = this.machine.reach({ start: true, ...(signal === undefined ? {} : { signal }) });
    this.#route = route;
    const forget = (): void => {
      if (this.#route === route) this.#open = this.#route = undefined;
    };
    try {
      const open = await route;
      this.#open = open;
      void open.closed.then(forget);
      if (this.#isClosed) open.close();
      open.hold(this.#isBusy);
      return open;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async #hold(busy: boolean): Promise<void> {
    this.#isBusy = busy;
    const route = this.#route;
    if (route === undefined) return;
    await route.then(
      open => open.hold(busy),
      () => undefined,
    );
  }
}
