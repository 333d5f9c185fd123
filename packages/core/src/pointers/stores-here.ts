import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isLower, type Label } from '@megalith/agent';
import type { Config } from '../config/read-config.js';
import type { StoreSection } from '../config/store-section.js';
import { configuredStore } from '../storage/configured-store.js';
import { folderOfUrl } from '../storage/folder-of-url.js';
import type { OpenStore } from '../storage/open-store.js';
import { redisPlace } from '../storage/redis-place.js';

/** Stores by name or URL, each opened when it is first needed, and all closed together. */
export class StoresHere {
  /** URL of the store of jobs that name none. */
  readonly ownUrl: string;
  readonly #config: () => Promise<Pick<Config, 'stores' | 'policy'>>;
  readonly #open = new Map<string, Promise<OpenStore>>();

  constructor(home: string, config: () => Promise<Pick<Config, 'stores' | 'policy'>>) {
    this.ownUrl = pathToFileURL(join(home, 'objects')).href;
    this.#config = config;
  }

  /**
   * Connects to nothing yet.
   * @param text the name of a store of the config; or the URL of a store, which need not be in the config, or of a folder in one
   * @throws MegalithError NOT_CONFIGURED, CONFIG, POLICY
   */
  async open(text: string): Promise<OpenStore> {
    const { stores, policy } = await this.#config();
    const { id, section } = this.#find(text, stores, policy.hereClearance);
    let store = this.#open.get(id);
    if (store === undefined) {
      store = configuredStore(id, { [id]: section }, policy);
      this.#open.set(id, store);
      store.catch(() => this.#open.delete(id));
    }
    return await store;
  }

  /** How sensitive an object is of which nobody says. */
  async clearanceOf(url: string): Promise<Label> {
    return (await this.open(url)).clearance;
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#open.values()))
      if (opened.status === 'fulfilled') opened.value.close();
    this.#open.clear();
  }

  #find(text: string, stores: Config['stores'], hereClearance: Label): { id: string; section: StoreSection } {
    const named = Object.hasOwn(stores, text) ? stores[text] : undefined;
    if (named !== undefined) return { id: text, section: named };
    const url = plainUrl(text);
    if (url === this.ownUrl) return { id: url, section: { url, clearance: hereClearance } };
    const around = Object.entries(stores)
      .map(([name, section]) => ({ name, section, place: plainUrl(section.url) }))
      .filter(({ place }) => `${url}/`.startsWith(`${place}/`))
      // The innermost; of equals the one that trusts less.
      .sort((one, other) => {
        const inner = other.place.length - one.place.length;
        return inner !== 0 ? inner : isLower(one.section.clearance, other.section.clearance) ? -1 : 1;
      })[0];
    if (around === undefined) return { id: url, section: { url } };
    return around.place === url
      ? { id: around.name, section: around.section }
      : { id: url, section: { ...around.section, url } };
  }
}

/** One spelling for each store, as `OpenStore.url` has it. */
function plainUrl(text: string): string {
  if (/^rediss?:/i.test(text)) return redisPlace(text).url;
  const isFolder = !text.includes('://') || /^file:/i.test(text);
  return isFolder ? pathToFileURL(resolve(folderOfUrl(text))).href : text.replace(/\/+$/, '');
}
