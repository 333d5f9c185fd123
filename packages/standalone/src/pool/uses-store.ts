import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { type MachineKind, type MachineUses, noUses } from './machine-uses.js';
import { RecordFolder } from './record-folder.js';

const text = z.string().min(1);
const span = z.number().nonnegative();
const spans = z.array(span);

const machineUses = z.object({
  formatVersion: z.literal(1),
  id: text,
  provider: text,
  region: text,
  image: z.string(),
  type: text,
  startsMs: spans,
  restartsMs: spans,
  past: z.object({ gapsMs: spans, spareMs: span }),
  idle: z.array(z.object({ machine: text, at: span, busyMs: span, tailMs: span })),
});

type Change = (uses: MachineUses) => MachineUses;

interface Batch {
  readonly changes: Change[];
  readonly written: Promise<MachineUses>;
}

/** What is known of each kind of machines, `cloud/uses/KIND.json` below the client's home. */
export class UsesStore {
  readonly #files: RecordFolder<MachineUses>;
  /** The batch of a kind that is not yet being written. */
  readonly #next = new Map<string, Batch>();
  /** Settles with the last write of a kind, whatever comes of it. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(home: string) {
    this.#files = new RecordFolder(join(home, 'cloud', 'uses'), machineUses);
  }

  /** Undefined where nothing is known. @throws MegalithError JOURNAL_FAILED */
  async find(kind: MachineKind): Promise<MachineUses | undefined> {
    return await this.#files.find(kindId(kind));
  }

  /**
   * Changes what is known; many changes at once are one write.
   * @returns what is on disk now
   * @throws MegalithError JOURNAL_FAILED, DISK_FULL
   */
  async change(kind: MachineKind, change: Change): Promise<MachineUses> {
    const id = kindId(kind);
    const known = this.#next.get(id);
    if (known !== undefined) {
      known.changes.push(change);
      return await known.written;
    }
    const changes = [change];
    const written = this.#write(id, kind, changes);
    this.#next.set(id, { changes, written });
    return await written;
  }

  async #write(id: string, kind: MachineKind, changes: readonly Change[]): Promise<MachineUses> {
    await this.#last.get(id);
    this.#next.delete(id);
    const writing = this.#files.change(id, old =>
      changes.reduce((uses, change) => change(uses), old ?? noUses(id, kind)),
    );
    // Whoever waits for the write hears of its failure.
    this.#last.set(
      id,
      writing.catch(() => undefined),
    );
    return (await writing)!;
  }
}

/** Types and regions are plain words; an image may be a path. */
function kindId({ provider, region, image, type }: MachineKind): string {
  const digest = createHash('sha256').update(image).digest('hex').slice(0, 8);
  return `${provider}-${region}-${type}-${digest}`;
}
