import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { jobFolder, parsedJson, unlessMissingSync } from '@megalith/agent';
import type { BackendJob, FileOutput } from '@megalith/core';
import type { Machine } from '../machine.js';

/** Which machines a job of this client went to. */
export interface PlacedJob {
  readonly id: string;
  readonly name: string;
  /** Ids of machines. */
  readonly machines: readonly string[];
  /** ISO 8601. */
  readonly at: string;
  /** What the job leaves for this client, with absolute paths here. */
  readonly outputs?: readonly FileOutput[];
}

/** Older notes than the last so many are dropped: a job that is not noted is still found by asking every machine. */
const keptNotes = 500;

/** Notes of which job went where, so that a job is looked for in the right place first. One small file a job. */
export class PlacedJobs {
  /** The client's home. */
  readonly home: string;
  readonly #folder: string;

  constructor(home: string) {
    this.home = home;
    this.#folder = join(home, 'placed');
  }

  /** @throws MegalithError USAGE for a bad id */
  add(
    { id, name, outputs = [] }: Pick<BackendJob, 'id' | 'name' | 'outputs'>,
    machines: readonly Pick<Machine, 'id'>[],
  ): void {
    jobFolder(this.home, id);
    const note: PlacedJob = {
      id,
      name,
      machines: machines.map(machine => machine.id),
      at: new Date().toISOString(),
      ...(outputs.length === 0 ? {} : { outputs: outputs.map(absolute) }),
    };
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.#folder, id), JSON.stringify(note), { mode: 0o600 });
  }

  /** Newest first. */
  list(): PlacedJob[] {
    const notes = this.#ids().map(id => this.#read(id));
    const known = notes.filter(note => note !== undefined).sort((a, b) => (a.at < b.at ? 1 : -1));
    for (const { id } of known.slice(keptNotes)) this.forget(id);
    return known.slice(0, keptNotes);
  }

  /** Ids of the machines that a job of this client went to, the last one last. */
  machinesOf(id: string): readonly string[] {
    return this.#read(id)?.machines ?? [];
  }

  outputsOf(id: string): readonly FileOutput[] {
    return this.#read(id)?.outputs ?? [];
  }

  forget(id: string): void {
    rmSync(join(this.#folder, id), { force: true });
  }

  #ids(): string[] {
    return unlessMissingSync(() => readdirSync(this.#folder)) ?? [];
  }

  /** Undefined for a note that another process writes or drops just now. */
  #read(id: string): PlacedJob | undefined {
    const text = unlessMissingSync(() => readFileSync(join(this.#folder, id), 'utf8'));
    return text === undefined ? undefined : (parsedJson(text) as PlacedJob | undefined);
  }
}

/** A slash at the end says that it is a folder. */
function absolute({ path, dest }: FileOutput): FileOutput {
  return { path, dest: dest.endsWith('/') ? `${resolve(dest)}/` : resolve(dest) };
}
