import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Tests stand beside what they test and import their own package's source; other packages come from `dist`, so that
    // `pnpm build` goes first.
    include: ['agent/src/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts'],
    // Tests start processes, change limits and send signals: each file has a process of its own.
    pool: 'forks',
    // Most of their time they wait for processes to start and end.
    maxWorkers: 4,
    // Not a measure: a test that needs this long hangs. Two cores under load still pass.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
