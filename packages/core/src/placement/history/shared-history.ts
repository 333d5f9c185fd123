import { isMegalithError } from '@megalith/agent';
import type { Storage } from '../../storage/storage.js';
import { type History, mergeHistories } from './history.js';
import { historyText, parseHistory } from './history-file.js';

/** Far above 128 samples: what is larger is none of ours. */
const mostBytes = 2 ** 20;

/** Histories in a store, which several homes learn from. They hold figures and ids, no data and no code. */
export class SharedHistory {
  readonly #store: Storage;

  constructor(store: Storage) {
    this.#store = store;
  }

  /** Undefined where the store has none, or a damaged one. @throws MegalithError as `Storage` does */
  async pull(codeHash: string, signal: AbortSignal): Promise<History | undefined> {
    try {
      const found = await this.#store.get(keyOf(codeHash), { signal });
      if (found.object.bytes > mostBytes) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of found) chunks.push(chunk);
      return parseHistory(Buffer.concat(chunks).toString())?.history;
    } catch (error) {
      if (isMegalithError(error) && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** Adds to what is there. Of two who do so at once one may be lost there until it pushes again: its home has it. */
  async push(codeHash: string, history: History, signal: AbortSignal): Promise<History> {
    const there = await this.pull(codeHash, signal);
    const merged = there === undefined ? history : mergeHistories(history, there);
    const text = historyText({ history: merged });
    await this.#store.put(keyOf(codeHash), Buffer.from(text), { label: 'internal', signal });
    return merged;
  }
}

function keyOf(codeHash: string): string {
  return `history/${codeHash}.json`;
}
