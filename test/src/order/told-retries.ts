import type { Reporter, TestCase, Vitest } from 'vitest/node';

/** Names at the end the tests that passed only when they were tried again: each is a fault of its own, in the test or in what it tests. */
export class ToldRetries implements Reporter {
  readonly #told: string[] = [];
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const why = test
      .result()
      .errors?.map(({ message }) => message)
      .join('; ');
    this.#told.push(`   ${test.module.relativeModuleId} > ${test.fullName}: ${why}`);
  }

  onTestRunEnd(): void {
    if (this.#told.length === 0) return;
    this.#vitest?.logger.log([` Passed when tried again: ${this.#told.length}`, ...this.#told].join('\n'));
  }
}
