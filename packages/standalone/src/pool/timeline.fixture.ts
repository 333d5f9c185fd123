interface Moment {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

/** What happens in a simulation, in the order of its time: a binary heap. */
export class Timeline {
  now = 0;
  #order = 0;
  readonly #heap: Moment[] = [];

  at(at: number, happen: () => void): void {
    const heap = this.#heap;
    heap.push({ at, order: this.#order++, happen });
    for (let here = heap.length - 1; here > 0; ) {
      const above = (here - 1) >> 1;
      if (!isBefore(heap[here]!, heap[above]!)) return;
      [heap[here], heap[above]] = [heap[above]!, heap[here]!];
      here = above;
    }
  }

  /** Until nothing more happens. */
  run(): void {
    for (let moment = this.#take(); moment !== undefined; moment = this.#take()) {
      this.now = moment.at;
      moment.happen();
    }
  }

  #take(): Moment | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || heap.length === 0) return first;
    heap[0] = last!;
    for (let here = 0; ; ) {
      let least = here;
      for (const below of [2 * here + 1, 2 * here + 2]) {
        if (below < heap.length && isBefore(heap[below]!, heap[least]!)) least = below;
      }
      if (least === here) return first;
      [heap[here], heap[least]] = [heap[least]!, heap[here]!];
      here = least;
    }
  }
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
