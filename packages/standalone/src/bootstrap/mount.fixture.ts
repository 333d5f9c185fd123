import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../ssh/test-host.fixture.js';

/** Whether file systems may be mounted here, as root may. */
export function mayMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'megalith-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** A script of the far side that has just failed may still be cleaning up there. */
export async function unmount(place: string): Promise<void> {
  await until(() => spawnSync('umount', [place]).status === 0, `${place} is unmounted`);
}
