import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { type Bundle, bundleModule } from './bundle.js';
import type { ModuleText } from './write-module.js';

interface Entry {
  readonly bundle: Promise<Bundle>;
  /** What the files looked like before they were read. */
  stamps: ReadonlyMap<string, string> | undefined;
}

const entries = new Map<string, Entry>();
const maxEntries = 100;

/** A bundle of this text, made before where neither the text nor a file of it has changed since. */
export async function cachedBundle(text: ModuleText): Promise<Bundle> {
  const key = createHash('sha256')
    .update(JSON.stringify([text.contents, text.modules]))
    .digest('hex');
  const known = entries.get(key);
  if (known !== undefined) {
    if (known.stamps === undefined) return known.bundle;
    if (isCurrent(known.stamps)) {
      // Back to the young end: the oldest entry is the one that goes.
      entries.delete(key);
      entries.set(key, known);
      return known.bundle;
    }
  }
  const startedAtMs = Date.now();
  const entry: Entry = { bundle: bundleModule(text), stamps: undefined };
  entries.set(key, entry);
  for (const oldest of entries.keys()) {
    if (entries.size <= maxEntries) break;
    entries.delete(oldest);
  }
  try {
    const bundle = await entry.bundle;
    entry.stamps = new Map(bundle.inputs.map(file => [file, stampOf(file, startedAtMs)]));
    return bundle;
  } catch (error) {
    if (entries.get(key) === entry) entries.delete(key);
    throw error;
  }
}

function isCurrent(stamps: ReadonlyMap<string, string>): boolean {
  for (const [file, stamp] of stamps) if (stampOf(file, Number.POSITIVE_INFINITY) !== stamp) return false;
  return true;
}

/** Size, inode and time of change. A file that changed while it was read has the stamp of none. */
function stampOf(file: string, readFromMs: number): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined || stat.mtimeMs >= readFromMs
    ? 'unknown'
    : `${stat.size} ${stat.ino} ${stat.mtimeMs} ${stat.ctimeMs}`;
}
