import { MegalithError } from '@megalith/core';
import { removeHost } from '@megalith/standalone';
import { inventoryHere } from './here.js';

export interface ForgottenHost {
  readonly name: string;
  readonly file: string;
  /** The file whose entry of that name counts from now on. */
  readonly nowFrom: string | undefined;
}

/**
 * Takes a host out of the inventory. Nothing on the host itself changes.
 * @throws MegalithError NOT_FOUND; USAGE where other hosts are reached through it
 */
export async function forgetHost(wanted: string): Promise<ForgottenHost> {
  const inventory = await inventoryHere();
  const { name } = inventory.find(wanted);
  const file = inventory.fileOf(name)!;
  const behind = inventory.hosts.filter(host => host.jump === name).map(host => `"${host.name}"`);
  if (behind.length > 0) {
    throw new MegalithError('USAGE', `"${name}" is the way to ${behind.join(', ')}`, {
      hint: 'remove those first, or give them another jump',
    });
  }
  await removeHost(file, name);
  return { name, file, nowFrom: (await inventoryHere()).fileOf(name) };
}
