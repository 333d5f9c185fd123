import { join } from 'node:path';
import * as z from 'zod';
import type { Market } from './cloud-machine.js';
import type { KeepPlan } from './keep-plan.js';
import { type DamagedFile, RecordFolder } from './record-folder.js';

/** What this client knows of a machine of a cloud, to reach it again: nothing here is in the cloud's list. */
export interface MachineNote {
  readonly formatVersion: 1;
  /** The cloud's own id. */
  readonly id: string;
  readonly provider: string;
  readonly region: string;
  /** The intent that it was made for. */
  readonly intent: string;
  /** With the id it names the machine for good. */
  readonly incarnation?: string;
  /** Fingerprints of the keys that it may show, `SHA256:…`: never empty. */
  readonly hostKeys: readonly string[];
  /** It shows the key that it has made itself: those before count no more. */
  readonly hasOwnKey?: boolean;
  readonly user: string;
  /** The private key's file. */
  readonly identityFile: string;
  /** Where it was last reached. */
  readonly address?: string;
  /** @defaultValue unknown */
  readonly market?: Market;
  /** What it cost when it was made, without disks. @defaultValue unknown */
  readonly usdPerHour?: number;
  /** The name of a host of the inventory to go through. */
  readonly jump?: string;
  /** Megalith's one folder there. */
  readonly folder?: string;
  /** What becomes of it when it is without work. */
  readonly plan?: NotedPlan;
}

/** As it was decided last. Where it says `stop`, the machine's shutdown may be a stop. */
export interface NotedPlan extends KeepPlan {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Somebody made the machine to be warm for so long. */
  readonly isPromised?: boolean;
}

const text = z.string().min(1);
const span = z.number().nonnegative();

const machineNote = z.object({
  formatVersion: z.literal(1),
  id: text,
  provider: text,
  region: text,
  intent: text,
  incarnation: z.exactOptional(text),
  hostKeys: z.array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/)).min(1),
  hasOwnKey: z.exactOptional(z.boolean()),
  user: text,
  identityFile: text,
  address: z.exactOptional(text),
  market: z.exactOptional(z.enum(['on-demand', 'spot'])),
  usdPerHour: z.exactOptional(span),
  jump: z.exactOptional(text),
  folder: z.exactOptional(text),
  plan: z.exactOptional(
    z.object({
      idleTailMs: span,
      why: z.string(),
      atEnd: z.enum(['terminate', 'stop']),
      stoppedForMs: z.exactOptional(span),
      whyEnd: z.exactOptional(z.string()),
      at: span,
      isPromised: z.exactOptional(z.boolean()),
    }),
  ),
});

export interface StoredNotes {
  readonly notes: readonly MachineNote[];
  /** Files that should hold a note, and don't: those machines can't be reached by this client. */
  readonly damaged: readonly DamagedFile[];
}

/** The notes, `cloud/machines/ID.json` below the client's home. */
export class MachineNotes {
  readonly #files: RecordFolder<MachineNote>;

  constructor(home: string) {
    this.#files = new RecordFolder(join(home, 'cloud', 'machines'), machineNote);
  }

  /** @throws MegalithError JOURNAL_FAILED, DISK_FULL; CANCELLED */
  async put(note: MachineNote, signal?: AbortSignal): Promise<void> {
    const valid = machineNote.parse(note);
    await this.#files.change(valid.id, () => valid, signal);
  }

  /** Changes a part of a note; undefined where there is none. */
  async learn(
    id: string,
    learned: Partial<
      Pick<MachineNote, 'address' | 'market' | 'usdPerHour' | 'folder' | 'hostKeys' | 'hasOwnKey' | 'plan'>
    >,
    signal?: AbortSignal,
  ): Promise<MachineNote | undefined> {
    return await this.#files.change(
      id,
      old => (old === undefined ? undefined : machineNote.parse({ ...old, ...learned })),
      signal,
    );
  }

  async find(id: string): Promise<MachineNote | undefined> {
    return await this.#files.find(id);
  }

  async all(): Promise<StoredNotes> {
    const { records, damaged } = await this.#files.all();
    return { notes: records, damaged };
  }

  /** To be called once the machine was seen terminated. */
  async forget(id: string, signal?: AbortSignal): Promise<void> {
    await this.#files.change(id, () => undefined, signal);
  }
}
