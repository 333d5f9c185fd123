import { existsSync } from 'node:fs';
import { type DataOptions, type DataPart, data, readConfig } from '@megalith/core';
import { homeHere } from '../audit/audit-here.js';
import type { DataSource } from './data-source.js';

/** How `map --data` is cut, as flags have it. */
export interface CutFlags {
  readonly 'chunk-size'?: string | undefined;
  readonly chunks?: number | undefined;
  readonly format?: string | undefined;
  readonly header?: boolean | undefined;
  readonly 'record-bytes'?: number | undefined;
}

/**
 * Whether items are parts of objects rather than what stands in a file: where flags say how they are cut, or the source is a URL or in a store of the config.
 * @throws MegalithError CONFIG
 */
export async function areParts(source: string, flags: CutFlags): Promise<boolean> {
  if (Object.keys(optionsOf(flags)).length > 0 || /^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return true;
  const [, name] = /^([\w.-]+):/.exec(source) ?? [];
  if (name === undefined || existsSync(source)) return false;
  const { stores } = await readConfig({ cwd: process.cwd(), home: homeHere() });
  return Object.hasOwn(stores, name);
}

/** Parts of objects, found and cut as they are taken. @throws MegalithError USAGE for flags that do not go together */
export function openParts(source: string, flags: CutFlags): DataSource<DataPart> {
  const end = new AbortController();
  return {
    items: data(source, { ...optionsOf(flags), home: homeHere(), signal: end.signal }),
    // The parts carry the label themselves.
    reads: [],
    fractionRead: () => undefined,
    close: () => end.abort(),
  };
}

function optionsOf(flags: CutFlags): DataOptions {
  const { chunks, format, header } = flags;
  return {
    ...(flags['chunk-size'] === undefined ? {} : { chunkSize: flags['chunk-size'] }),
    ...(chunks === undefined ? {} : { chunks }),
    ...(format === undefined ? {} : { format: format as 'lines' }),
    ...(header === undefined ? {} : { header }),
    ...(flags['record-bytes'] === undefined ? {} : { recordBytes: flags['record-bytes'] }),
  };
}
