import { readFile } from 'node:fs/promises';
import { MegalithError, megalithHome } from '@megalith/agent';
import { type Audit, openAudit } from '../../audit/open-audit.js';
import type { JobWant } from '../../backends/backend.js';
import { type Config, readConfig } from '../../config/read-config.js';
import { LabelBook } from '../../labels/label-book.js';
import { type HistoryStore, openHistory } from '../../placement/history/history-store.js';
import type { TaskSample } from '../../placement/history/task-sample.js';
import type { PriceBook } from '../../placement/prices-file.js';
import { StoresHere } from '../../pointers/stores-here.js';
import { configuredStore } from '../../storage/configured-store.js';
import type { BackendChoice, Choosable } from '../backend-choice.js';

export interface DeskOptions {
  /** @defaultValue see `megalithHome` */
  readonly home?: string;
  readonly backends: BackendChoice;
  /** Plans are made as of this time, epoch milliseconds. @defaultValue now */
  readonly at?: number;
  /** Told what works but may surprise. */
  readonly warn: (message: string) => void;
}

/** What an executor needs to place jobs: the rules, the backends, and the books in which decisions and figures are kept. Each is opened when first needed. */
export class PlacingDesk {
  readonly home: string;
  readonly labels: LabelBook;
  readonly stores: StoresHere;
  readonly at: number | undefined;
  readonly #backends: BackendChoice;
  readonly #warn: (message: string) => void;
  readonly #learning = new Set<Promise<void>>();
  #config: Promise<Config> | undefined;
  #audit: Audit | undefined;
  #history: Promise<HistoryStore> | undefined;

  constructor({ home = megalithHome(), backends, at, warn }: DeskOptions) {
    this.at = at;
    this.home = home;
    this.#backends = backends;
    this.labels = new LabelBook(home);
    this.stores = new StoresHere(home, () => this.config());
    this.#warn = warn;
  }

  /** The backends that may be asked for places, in that order. @throws MegalithError CONFIG */
  async choosable(wants: readonly JobWant[]): Promise<readonly Choosable[]> {
    const config = await this.config();
    const { hereClearance } = config.policy;
    this.#backends.configure({
      hereClearance,
      ...(config.prices === undefined ? {} : { prices: await pricesIn(config.prices) }),
    });
    return this.#backends.all(config, wants);
  }

  /** Starts what the next job will need, where that is sure. */
  warm(): void {
    // Whoever places the job hears of what is wrong.
    void this.choosable([])
      .then(all => warmOnly(all))
      .catch(() => undefined);
  }

  /** As it stood when the executor's first job was placed. @throws MegalithError CONFIG */
  config(): Promise<Config> {
    if (this.#config === undefined) {
      this.#config = readConfig({ cwd: process.cwd(), home: this.home });
      // One that was mended counts for the next job.
      this.#config.catch(() => {
        this.#config = undefined;
      });
    }
    return this.#config;
  }

  get audit(): Audit {
    this.#audit ??= openAudit(this.home);
    return this.#audit;
  }

  history(): Promise<HistoryStore> {
    if (this.#history === undefined) {
      this.#history = this.#openHistory();
      this.#history.catch(() => {
        this.#history = undefined;
      });
    }
    return this.#history;
  }

  /** Keeps what a job's tasks showed, in its own time. */
  learn(codeHash: string, samples: readonly TaskSample[]): void {
    if (samples.length === 0) return;
    const learning = this.history()
      .then(history => history.add(codeHash, samples))
      .finally(() => this.#learning.delete(learning));
    this.#learning.add(learning);
  }

  async close(): Promise<void> {
    await this.#backends.close();
    await Promise.all(this.#learning);
    await (await this.#history)?.close();
    await this.stores.close();
    await this.#audit?.close();
  }

  async #openHistory(): Promise<HistoryStore> {
    const { history, stores, policy } = await this.config();
    return openHistory({
      home: this.home,
      warn: this.#warn,
      ...(history === undefined ? {} : { store: await configuredStore(history.store, stores, policy) }),
    });
  }
}

async function pricesIn(file: string): Promise<PriceBook> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new MegalithError('CONFIG', `cannot read the prices in "${file}": ${(cause as Error).message}`, {
      hint: '"prices" in the config names a JSON file',
      cause,
    });
  }
  return (await import('../../placement/prices-file.js')).parsePrices(text, file);
}

/** Where there is no choice, the backend gets ready while the function is bundled. */
async function warmOnly(backends: readonly Choosable[]): Promise<void> {
  const [only, ...others] = backends.filter(each => each.isConfigured);
  if (only !== undefined && others.length === 0) (await only.open()).warm?.();
}
