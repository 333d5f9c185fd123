/** The mapped values of one key, in the order of their items. */
interface Group {
  readonly values: unknown[];
  /** Values still to come. */
  missing: number;
  /** Its place among the groups that were given. */
  given: number | undefined;
}

/**
 * Gathers mapped values by key. A group is complete when all its values are there and no further item can join it,
 * which is known once the input was read to its end.
 */
export class Groups {
  readonly #reduceBy: ((item: unknown, index: number) => unknown) | undefined;
  readonly #groups = new Map<unknown, Group>();
  /** Of tasks whose value is still to come. */
  readonly #places = new Map<number, { readonly group: Group; readonly position: number }>();
  #isClosed = false;
  #givenCount = 0;

  /** Without `reduceBy`: one group, which is there even if no item ever comes. */
  constructor(reduceBy: ((item: unknown, index: number) => unknown) | undefined) {
    this.#reduceBy = reduceBy;
    if (reduceBy === undefined) this.#groups.set(undefined, { values: [], missing: 0, given: undefined });
  }

  /** Puts what was made of the groups, in the order in which they were given, under their keys, in the order in which those came up. */
  byKey(results: readonly unknown[]): Map<unknown, unknown> {
    return new Map(
      [...this.#groups].map(([key, { given }]) => [key, given === undefined ? undefined : results[given]]),
    );
  }

  /** An item was read. */
  add(item: unknown, index: number): void {
    const key = this.#reduceBy?.(item, index);
    const group = this.#groups.get(key) ?? { values: [], missing: 0, given: undefined };
    this.#groups.set(key, group);
    this.#places.set(index, { group, position: group.values.length });
    group.values.push(undefined);
    group.missing += 1;
  }

  /** No further item will come; gives the groups that are complete by that. */
  close(): unknown[][] {
    if (this.#isClosed) return [];
    this.#isClosed = true;
    return [...this.#groups.values()].flatMap(group => this.#give(group));
  }

  /** A value came; gives its group if that completes it. */
  set(index: number, value: unknown): unknown[][] {
    const place = this.#places.get(index);
    if (place === undefined) return [];
    this.#places.delete(index);
    place.group.values[place.position] = value;
    place.group.missing -= 1;
    return this.#isClosed ? this.#give(place.group) : [];
  }

  /** Its values are not held any longer than that. */
  #give(group: Group): unknown[][] {
    if (group.missing > 0 || group.given !== undefined) return [];
    group.given = this.#givenCount++;
    return [group.values.splice(0)];
  }
}
