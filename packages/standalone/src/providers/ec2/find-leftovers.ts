import { readFile } from 'node:fs/promises';
import type { Leftover } from '../../pool/cloud.js';
import type { CloudMachine } from '../../pool/cloud-machine.js';
import type { LaunchIntent } from '../../pool/launch-intent.js';
import { companionName } from './companion-tags.js';
import type { Ec2Api } from './ec2-client.js';
import type { Ec2Settings } from './ec2-settings.js';
import { keyPath } from './key-pair.js';
import { companionsOf, leftoversOf } from './leftovers.js';
import { readLoginKey } from './login-key.js';
import { ourFilter } from './tags.js';

type LeftoverApi = Pick<
  Ec2Api,
  | 'keyPairs'
  | 'securityGroups'
  | 'launchTemplates'
  | 'volumes'
  | 'deleteKeyPair'
  | 'deleteSecurityGroup'
  | 'deleteLaunchTemplate'
  | 'deleteVolume'
>;

export interface LeftoverSearch {
  readonly api: LeftoverApi;
  readonly settings: Ec2Settings;
  readonly home: string;
  readonly machines: readonly CloudMachine[];
  readonly intents: readonly LaunchIntent[];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
}

/** What stands beside machines of this owner and that nobody needs any more, as EC2 lists it now. */
export async function findLeftovers(search: LeftoverSearch): Promise<readonly Leftover[]> {
  const { api, settings, home, machines, intents, now, signal } = search;
  const options = signal === undefined ? {} : { signal };
  const filters = [ourFilter];
  const [keyPairs, securityGroups, launchTemplates, volumes] = await Promise.all([
    api.keyPairs(filters, options),
    all(api.securityGroups(filters, options)),
    all(api.launchTemplates(filters, options)),
    all(api.volumes(filters, options)),
  ]);
  return leftoversOf({
    companions: companionsOf({ keyPairs, securityGroups, launchTemplates, volumes }),
    machines,
    intents,
    owner: settings.owner,
    region: settings.region,
    kept: await ownKeyName(home, settings),
    now,
  });
}

/** @throws what the call says */
export async function removeLeftover(api: LeftoverApi, leftover: Leftover, signal?: AbortSignal): Promise<void> {
  const { kind, id } = leftover;
  const options = signal === undefined ? {} : { signal };
  if (kind === 'key pair') await api.deleteKeyPair(id, options);
  else if (kind === 'security group') await api.deleteSecurityGroup(id, options);
  else if (kind === 'launch template') await api.deleteLaunchTemplate(id, options);
  else await api.deleteVolume(id, options);
}

/** The key pair that this client will log in with; none before it made one. */
async function ownKeyName(home: string, settings: Ec2Settings): Promise<readonly string[]> {
  const path = keyPath(home, settings);
  try {
    const key = await readLoginKey(await readFile(path, 'utf8'), path);
    return [companionName(settings.owner, `${key.type}-${key.digest}`)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
