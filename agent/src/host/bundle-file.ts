import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleRef } from '../protocol/messages.js';

/** A bundle in a file, for slots to import. */
export interface BundleFile {
  readonly file: string;
  readonly captured: Uint8Array;
}

/** Puts a bundle where slots find it; two hosts that do so at once write the same bytes. */
export function storeBundle(home: string, bundle: BundleRef): BundleFile {
  const folder = join(home, 'bundles');
  const file = join(folder, `${bundle.hash}.mjs`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const half = `${file}.${process.pid}`;
    writeFileSync(half, bundle.code, { mode: 0o600 });
    renameSync(half, file);
  }
  return { file, captured: bundle.captured };
}
