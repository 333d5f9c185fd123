import { controlCall, type World } from './control-call.js';
import { isOwnedBy, parseFunctionName } from './function-name.js';
import type { LambdaApi, ListedFunction } from './lambda-api.js';

/** All functions of an owner in a region, whatever their version. @throws MegalithError NO_CREDENTIALS, CLOUD_FAILED, CANCELLED */
export async function ownedFunctions(
  api: LambdaApi,
  owner: string,
  world: World,
  signal?: AbortSignal,
): Promise<ListedFunction[]> {
  const found: ListedFunction[] = [];
  let marker: string | undefined;
  do {
    const at = marker;
    const page = await controlCall('ListFunctions', ending => api.listFunctions(at, ending), world, { signal });
    found.push(...page.functions.filter(({ name }) => isOwnedBy(name, owner)));
    marker = page.next;
  } while (marker !== undefined);
  return found.sort((one, other) => compare(one, other));
}

function compare(one: ListedFunction, other: ListedFunction): number {
  const [a, b] = [parseFunctionName(one.name), parseFunctionName(other.name)];
  return (a?.version ?? '').localeCompare(b?.version ?? '') || one.memoryMib - other.memoryMib;
}
