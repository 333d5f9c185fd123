import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/src/order/longest-first.js';
import { ToldRetries } from './test/src/order/told-retries.js';

const everywhere = ['agent/src/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts'];

/** Rooms whose tests start no processes of their own and leave nothing behind: they need no process each, which takes 0.3 s of CPU. */
const pure = [
  'agent/src/{durable,journal,protocol,secrets}/**/*.test.ts',
  'packages/core/src/{audit,config,executor,labels,placement,ship}/**/*.test.ts',
  'packages/core/src/backends/lambda/**/*.test.ts',
  'packages/standalone/src/{backend,dismantle,inventory,jobs,machines,pool,spread}/**/*.test.ts',
  'packages/standalone/src/providers/ec2/**/*.test.ts',
  'packages/cli/src/{cloud,flags,input,output,run}/**/*.test.ts',
  'test/src/{bench,order,structure}/**/*.test.ts',
];

/**
 * Real processes on a busy machine: in CI a test is tried once more, and named when it passes then. What fails twice is red. Pure tests are not, and
 * neither is a property: the case against it holds however busy the machine is.
 */
const isCi = process.env.CI !== undefined;
const notOfProperties = /^(?!Property failed)/;

export default defineConfig({
  test: {
    // Tests start processes, change limits and send signals: each file has a process of its own.
    pool: 'forks',
    // Most of their time they wait for processes to start and end.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new ToldRetries()],
    // Not a measure: a test that needs this long hangs. Two cores under load still pass.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // Nor is this: in a second, which is Vitest's own, a busy machine may do nothing at all.
    expect: { poll: { timeout: 20_000, interval: 10 } },
    // Tests stand beside what they test and import their own package's source; other packages come from `dist`, so that
    // `pnpm build` goes first.
    projects: [
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: everywhere,
          exclude: [...pure, '**/node_modules/**'],
          retry: isCi ? { count: 1, condition: notOfProperties } : 0,
        },
      },
    ],
  },
});
