import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `.ci/install-instances` makes: folders with a whole system, and a kernel. */
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'megalith-test');

/** A Debian with systemd, cloud-init and sshd, made once and never written to. Undefined where none was made. */
export function instanceImage(): string | undefined {
  const folder = join(cache, 'instance-image');
  return existsSync(join(folder, 'etc/megalith-test-image')) ? folder : undefined;
}
