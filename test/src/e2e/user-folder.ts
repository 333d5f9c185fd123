import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../conformance/scratch.js';

/** The checkout. This file is `test/{src,dist}/e2e/user-folder`. */
export const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * A user's project outside of the checkout, with the packages linked into its `node_modules`.
 * @param files text by relative path
 */
export function userFolder(files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  const scope = join(folder, 'node_modules', '@megalith');
  mkdirSync(scope, { recursive: true });
  symlinkSync(join(checkout, 'packages/core'), join(scope, 'core'));
  symlinkSync(join(checkout, 'packages/cli'), join(scope, 'cli'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', type: 'module', private: true }));
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}
