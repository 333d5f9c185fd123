import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSystem } from '../../hosts/namespaces/host-system.js';
import { copyGuestProgram } from './guest-system.js';

const mebibyte = 1024 ** 2;
/** The guest's memory is this machine's. */
const mostMemoryBytes = 1024 * mebibyte;

/** The same system on a kernel of its own: a program that has so much memory and no more, and ends when its guest powers off. */
export function onOwnKernel(system: HostSystem, image: string, memoryBytes: number): HostSystem {
  const memory = `${Math.floor(Math.min(memoryBytes, mostMemoryBytes) / mebibyte)}M`;
  return {
    ...system,
    program: { script: 'uml.sh', args: [image, memory], systemOf: () => undefined },
    writeFiles(folder) {
      system.writeFiles(folder);
      copyGuestProgram('kernel-init', join(folder, 'usr/sbin/guest-kernel-init'));
      writeFileSync(join(folder, 'etc/guest/go'), 'network\n');
      const powerOff = join(folder, 'etc/guest/power-off');
      writeFileSync(powerOff, '#!/bin/sh\nexec /etc/guest/systemctl-of-the-image poweroff -ff\n');
      chmodSync(powerOff, 0o755);
    },
  };
}
