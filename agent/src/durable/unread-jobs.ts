/** Jobs that ended while nobody read along, until somebody has read them to their end. Known for as long as this agent lives. */
export class UnreadJobs {
  readonly #unread = new Set<string>();
  /** Read to the end while that was only just being written down. */
  readonly #early = new Set<string>();

  get size(): number {
    return this.#unread.size;
  }

  /** Somebody has all of a job that is over. */
  read(id: string): void {
    this.#unread.delete(id);
  }

  /** Somebody has all of a job whose end is still to be told, by `over`. */
  readAlong(id: string): void {
    this.#early.add(id);
  }

  over(id: string): void {
    if (!this.#early.delete(id)) this.#unread.add(id);
  }
}
