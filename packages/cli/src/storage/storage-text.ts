import { type CopyProgress, formatSize, type StoredObject, type StoreEntry } from '@megalith/core';
import { table } from '../output/table.js';
import { counted } from './transfer-progress.js';

/** What `megalith storage cp` says at its end. */
export function copiedText({ objects, bytes }: CopyProgress): string {
  return `copied ${counted(objects)}, ${formatSize(bytes)}`;
}

/** The stores of the config. */
export function storeTable(stores: Readonly<Record<string, StoreEntry>>): string {
  return table(
    [{ heading: 'NAME' }, { heading: 'URL' }, { heading: 'REGION' }, { heading: 'CLEARANCE' }],
    Object.entries(stores).map(([name, { url, region, clearance }]) => [name, url, region ?? '-', clearance]),
  );
}

/** One line of a listing, which is not known as a whole before its end: columns of a fixed width, the key last. */
export function objectLine({ key, bytes, modifiedAt, label }: StoredObject): string {
  const time = new Date(modifiedAt).toISOString().slice(0, 19).replace('T', ' ');
  return `${formatSize(bytes).padStart(9)}  ${time}  ${(label ?? '-').padEnd(12)}  ${key}\n`;
}
