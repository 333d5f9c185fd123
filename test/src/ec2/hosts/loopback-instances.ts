import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { newOwnedFolder } from '../../hosts/owned-folder.js';
import { bootLoopbackInstance } from './loopback-instance.js';
import { NumberPool } from './number-pool.js';
import type { BootedHost, HostSource } from './start-instance-hosts.js';

/** Instances on 127.0.0.x, for machines that allow no namespaces. */
export function openLoopbackInstances({ minuteMs }: { readonly minuteMs: number }): HostSource {
  const folder = newOwnedFolder();
  // 127.0.0.1 and the next few belong to others.
  const numbers = new NumberPool(200);
  const hosts = new Set<BootedHost>();
  return {
    async boot(spec, faults) {
      const number = numbers.lend();
      const address = `127.0.0.${40 + number}`;
      const host = await bootLoopbackInstance({ address, disk: join(folder, spec.instanceId), minuteMs }, spec, faults);
      hosts.add(host);
      return host;
    },
    async close() {
      await Promise.all([...hosts].map(host => host.destroy()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
