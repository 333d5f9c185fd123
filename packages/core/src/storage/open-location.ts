import type { Config } from '../config/read-config.js';
import { configuredStore } from './configured-store.js';
import { folderOfUrl } from './folder-of-url.js';
import { parseLocation } from './location.js';
import type { OpenStore } from './open-store.js';

/** Where something is copied from or to: a path of this machine, or a key of a store, empty or with a slash at its end for all below it. */
export type CopyPlace = { readonly path: string } | { readonly store: OpenStore; readonly key: string };

/** The stores that one command talks to: each is opened once, and all are closed together. */
export class OpenLocations {
  readonly #config: Pick<Config, 'stores' | 'policy'>;
  readonly #open = new Map<string, Promise<OpenStore>>();

  constructor(config: Pick<Config, 'stores' | 'policy'>) {
    this.#config = config;
  }

  /**
   * @param text `NAME:KEY` with the name of a store of the config, the URL of an object, or a path
   * @throws MegalithError USAGE, NOT_CONFIGURED, CONFIG, POLICY
   */
  async open(text: string): Promise<CopyPlace> {
    const { stores, policy } = this.#config;
    const found = parseLocation(text, stores);
    if (found === undefined) return { path: folderOfUrl(text) };
    const { of, key } = found;
    const id = 'name' in of ? of.name : of.url;
    let store = this.#open.get(id);
    if (store === undefined) {
      store = configuredStore(id, 'name' in of ? stores : { [id]: { url: id } }, policy);
      this.#open.set(id, store);
    }
    return { store: await store, key };
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#open.values()))
      if (opened.status === 'fulfilled') opened.value.close();
  }
}
