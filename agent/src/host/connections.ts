import type { ClientConnection } from './client-connection.js';

/** Who is connected to a host. */
export class Connections {
  readonly #all = new Set<ClientConnection>();

  /** Those that have work here. */
  get working(): number {
    let count = 0;
    for (const connection of this.#all) if (connection.isWorking) count++;
    return count;
  }

  has(connection: ClientConnection): boolean {
    return this.#all.has(connection);
  }

  add(connection: ClientConnection): void {
    this.#all.add(connection);
  }

  delete(connection: ClientConnection): void {
    this.#all.delete(connection);
  }

  /** Ends connections that nothing was heard of for so long, but for those that are spared. */
  dropSilent(silenceMs: number, isSpared: (connection: ClientConnection) => boolean): void {
    for (const connection of this.#all) {
      // A nested client lives on this machine: the system tells when it is gone.
      const mayGo = connection.insideSlot === undefined && !isSpared(connection);
      if (mayGo && connection.silentMs > silenceMs) connection.close();
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}
