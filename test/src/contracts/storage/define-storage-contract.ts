import type { OpenStore } from '@megalith/core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { grants } from './grants.js';
import { labels } from './labels.js';
import { listing } from './listing.js';
import { reading } from './reading.js';
import { urls } from './urls.js';
import { writing } from './writing.js';

/** A place that has stores. */
export interface StoragePlace {
  /** So many objects come in one page of a listing, at most. */
  readonly pageObjects: number;
  /** A new and empty store, cleared for everything. */
  newStore(): Promise<OpenStore>;
  close(): Promise<void>;
}

/** Tests of one topic, by their names; each has a store of its own. */
export type StoragePart = Readonly<Record<string, (store: OpenStore, place: StoragePlace) => Promise<void>>>;

const parts: Readonly<Record<string, StoragePart>> = { writing, reading, listing, labels, urls, grants };

/** What a place does in another way, by the names of tests. */
export interface Differences {
  /** Such a test must fail there, so that the list stays true. */
  readonly always?: Readonly<Record<string, string>>;
  /** Such a test is not run there: it fails now and then, or takes long to. */
  readonly sometimes?: Readonly<Record<string, string>>;
}

/** What callers may count on, of any store. */
export function defineStorageContract(
  name: string,
  open: () => Promise<StoragePlace>,
  { always = {}, sometimes = {} }: Differences = {},
): void {
  describe(`contract of storage: ${name}`, () => {
    let place: StoragePlace | undefined;

    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place?.close());

    for (const [topic, part] of Object.entries(parts)) {
      describe(topic, () => {
        for (const [title, run] of Object.entries(part)) {
          const inNewStore = async () => {
            const store = await place!.newStore();
            try {
              await run(store, place!);
            } finally {
              store.close();
            }
          };
          if (title in always) test(`${title} (differs: ${always[title]})`, { fails: true, retry: 0 }, inNewStore);
          else test.skipIf(title in sometimes)(title, inNewStore);
        }
      });
    }
  });
}
