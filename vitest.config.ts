import { defineConfig } from 'vitest/config';

const everywhere = ['agent/src/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts'];

/** Rooms of pure functions: their tests leave nothing behind, and need no process of their own each. */
const pure = [
  'agent/src/protocol/**/*.test.ts',
  'packages/core/src/placement/**/*.test.ts',
  'packages/standalone/src/{dismantle,pool,spread}/**/*.test.ts',
  'packages/standalone/src/providers/ec2/**/*.test.ts',
  'packages/cli/src/{flags,output}/**/*.test.ts',
  'test/src/{bench,structure}/**/*.test.ts',
];

export default defineConfig({
  test: {
    // Tests start processes, change limits and send signals: each file has a process of its own.
    pool: 'forks',
    // Most of their time they wait for processes to start and end.
    maxWorkers: 3,
    // Not a measure: a test that needs this long hangs. Two cores under load still pass.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // Tests stand beside what they test and import their own package's source; other packages come from `dist`, so that
    // `pnpm build` goes first.
    projects: [
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
      { extends: true, test: { name: 'whole', include: everywhere, exclude: [...pure, '**/node_modules/**'] } },
    ],
  },
});
