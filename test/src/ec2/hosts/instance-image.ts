import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testCache } from '../test-cache.js';

/** A Debian with systemd, cloud-init and sshd, made once and never written to. Undefined where none was made. */
export function instanceImage(): string | undefined {
  const folder = join(testCache, 'instance-image');
  return existsSync(join(folder, 'etc/megalith-test-image')) ? folder : undefined;
}
