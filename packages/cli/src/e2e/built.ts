import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** The command runs from a bundle. @throws Error where code of this package was compiled after it, which a test would not test */
export function expectCurrentBundle(): void {
  const builtAtMs = statSync(join(dist, 'bundle', 'main.cjs')).mtimeMs;
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/(?<!\.test)\.js$/.test(path) || statSync(join(dist, path)).mtimeMs <= builtAtMs) continue;
    throw new Error(`"${path}" is younger than the bundle of the command: run "pnpm build"`);
  }
}
