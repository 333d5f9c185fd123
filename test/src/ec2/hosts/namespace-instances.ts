import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { removeControlGroups } from '../../hosts/control-groups.js';
import { lastNumber, openFabric } from '../../hosts/namespaces/fabric.js';
import { newOwnedFolder } from '../../hosts/owned-folder.js';
import { openMetadataServer } from './metadata-server.js';
import { type BootImage, bootNamespaceInstance, type Site } from './namespace-instance.js';
import { NumberPool } from './number-pool.js';
import type { HostSource } from './start-instance-hosts.js';

export interface NamespaceInstancesOptions {
  readonly node: boolean;
  readonly minuteMs: number;
  readonly sharedFolder?: string;
  /** What instances boot. @defaultValue this machine's own system */
  readonly image?: BootImage;
}

/** Instances with a network, processes, mounts and disk of their own. */
export async function openNamespaceInstances(options: NamespaceInstancesOptions): Promise<HostSource> {
  const folder = newOwnedFolder();
  const fabric = await openFabric(folder);
  const site: Site = {
    ...options,
    folder,
    fabric,
    metadata: await openMetadataServer(fabric, folder).catch(async error => {
      await fabric.close();
      throw error;
    }),
    plugs: new NumberPool(lastNumber),
    publicNumbers: new NumberPool(lastNumber),
  };
  return {
    boot: (spec, faults) => bootNamespaceInstance(site, spec, faults),
    async close() {
      await site.metadata.close();
      await fabric.close();
      removeControlGroups(basename(folder));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
