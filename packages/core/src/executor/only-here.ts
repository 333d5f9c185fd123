/** Under this name an input says why its tasks can run on this machine alone, in words; nothing, where they can run anywhere. */
export const onlyHereSymbol: unique symbol = Symbol.for('megalith.onlyHere') as never;

/** Why tasks of these items can run on this machine alone, as far as the items say. */
export async function onlyHere(items: unknown): Promise<string | undefined> {
  if (typeof items !== 'object' || items === null || !(onlyHereSymbol in items)) return undefined;
  return await (items[onlyHereSymbol] as Promise<string | undefined>);
}
