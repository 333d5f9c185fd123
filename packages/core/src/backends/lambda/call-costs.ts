import { type FunctionPrices, usdPerGibSecond } from './function-prices.js';
import type { LambdaSettings } from './lambda-settings.js';
import type { CallReport } from './report-line.js';

/** What the calls of one job cost so far. */
export class CallCosts {
  readonly #usdPerMs: number;
  readonly #usdPerRequest: number;
  #usd = 0;

  constructor(prices: FunctionPrices, settings: Pick<LambdaSettings, 'arch' | 'tmpMib'>, memoryMib: number) {
    const { arch, tmpMib } = settings;
    this.#usdPerMs = (usdPerGibSecond(prices, arch, { memoryMib, tmpMib }) * (memoryMib / 1024)) / 1000;
    this.#usdPerRequest = prices.usdPerRequest;
  }

  get usd(): number {
    return this.#usd;
  }

  /** A call that ran, or may have: what its log says is billed, else the time until it was over. */
  add(report: CallReport | undefined, tookMs: number): void {
    this.#usd += this.usdOf(report?.billedMs ?? tookMs);
  }

  /** Of one call that takes so long. */
  usdOf(billedMs: number): number {
    return billedMs * this.#usdPerMs + this.#usdPerRequest;
  }
}
