import { type DataPart, megalithHome } from '@megalith/agent';
import { readConfig } from '../config/read-config.js';
import { onlyHereSymbol } from '../executor/only-here.js';
import { type CarriedLabel, type CarriesLabel, labelSymbol } from '../labels/labelled.js';
import { OpenLocations } from '../storage/open-location.js';
import { cutObject } from './cut-object.js';
import { type CutPlan, cutPlan, type DataOptions, readableMs } from './data-options.js';
import type { DataSource } from './data-source.js';
import { findEntries } from './find-entries.js';
import type { FoundEntry } from './found-object.js';

/** Parts of objects, as the items of a job: found and cut as they are taken, in the order of objects and of parts. It carries the label of the data. */
export interface DataItems extends AsyncIterable<DataPart>, CarriesLabel {}

/**
 * Cuts data into parts: `executor.map(count, data('s3://bucket/in/*.csv', { chunkSize: '64MiB' }))`. Each task gets a `DataPart`, and reads it with
 * `context.open(part)`. Every record is in exactly one part; an empty object is one empty part.
 *
 * A store of which nothing else is known has data of all that it is cleared for: where there are more than 64 objects, that is the label.
 * @throws MegalithError USAGE for options that can't be; the job, or whoever iterates, gets NOT_FOUND for an empty match or a dead URL, and what stores throw
 */
export function data(source: DataSource, options: DataOptions = {}): DataItems {
  return new CutData(source, options);
}

/** Groups parts by the object that they are of: for `reduceBy`. */
export function byObject(part: DataPart): string {
  return part.name;
}

interface Found extends FoundEntry {
  readonly locations: OpenLocations;
}

class CutData implements DataItems {
  readonly #source: DataSource;
  readonly #options: DataOptions;
  readonly #plan: CutPlan;
  readonly #readableMs: number;
  readonly #signal: AbortSignal;
  /** What was found for whoever asked for the label, and has not been taken yet. */
  #found: Promise<Found> | undefined;

  constructor(source: DataSource, options: DataOptions) {
    this.#source = source;
    this.#options = options;
    this.#plan = cutPlan(options);
    this.#readableMs = readableMs(options);
    this.#signal = options.signal ?? new AbortController().signal;
  }

  get [labelSymbol](): Promise<CarriedLabel> {
    const label = this.#look().then(found => found.label ?? { label: 'public' as const, from: 'nobody' });
    // Whoever asks for it hears of it.
    label.catch(() => undefined);
    return label;
  }

  get [onlyHereSymbol](): Promise<string | undefined> {
    if (this.#options.sameFiles === true) return Promise.resolve(undefined);
    return this.#look().then(({ areFiles }) =>
      areFiles ? 'its tasks read files of this machine, which are not there' : undefined,
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DataPart> {
    const { objects, locations } = await this.#look();
    this.#found = undefined;
    try {
      for await (const object of objects) yield* cutObject(object, this.#plan, this.#signal);
    } finally {
      await locations.close();
    }
  }

  #look(): Promise<Found> {
    this.#found ??= this.#find();
    return this.#found;
  }

  async #find(): Promise<Found> {
    const { home = megalithHome(), signal } = this.#options;
    const config = await readConfig({ cwd: process.cwd(), home, ...(signal === undefined ? {} : { signal }) });
    const locations = new OpenLocations(config);
    try {
      const found = await findEntries(this.#source, {
        locations,
        home,
        readableMs: this.#readableMs,
        signal: this.#signal,
      });
      return { ...found, locations };
    } catch (error) {
      await locations.close();
      throw error;
    }
  }
}
