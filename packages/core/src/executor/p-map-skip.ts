/** Returned by a mapper of `pMap`, it leaves that item out of the result. Known by name, so that it is the same in every process. */
export const pMapSkip: unique symbol = Symbol.for('megalith.pMapSkip') as never;
