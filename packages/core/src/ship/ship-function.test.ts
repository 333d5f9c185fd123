import { fileURLToPath } from 'node:url';
import { isMegalithError } from '@megalith/agent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopBundler } from './bundler.js';
import { type Case, cases } from './fixtures/cases.js';
import type { Outcome } from './fixtures/outcome.js';
import { type BundleRun, type RunResult, runBundles, runNode } from './fixtures/run-bundles.js';
import { shipFunction } from './ship-function.js';

const packageDir = fileURLToPath(new URL('../..', import.meta.url));

/** Each ships all the cases; the bundles then run in a bare Node process. */
const environments: Readonly<Record<string, () => Promise<Readonly<Record<string, Outcome>>>>> = {
  'in compiled modules': () => shipElsewhere(['dist/ship/fixtures/ship-cases.js']),
  'under tsx': () => shipElsewhere(['--import', 'tsx', 'src/ship/fixtures/ship-cases.ts']),
  'inside vitest': shipHere,
};

afterAll(stopBundler);

describe.each(Object.entries(environments))('a function shipped %s', (environment, ship) => {
  let outcomes: Readonly<Record<string, Outcome>>;
  let results: Readonly<Record<string, RunResult>>;

  beforeAll(async () => {
    outcomes = await ship();
    results = await runBundles(
      Object.entries(outcomes).flatMap(([name, outcome]): BundleRun[] =>
        'code' in outcome ? [{ name, ...outcome, args: argsOf(cases[name]) }] : [],
      ),
    );
  }, 120_000);

  it.each(Object.entries(cases))('%s', (name, item) => {
    const outcome = outcomes[name]!;
    if ('gives' in item) {
      expect(outcome).not.toHaveProperty('refused');
      expect(results[name]).toEqual({ value: item.gives });
      const warnings = item.warns === undefined ? [] : [expect.stringMatching(item.warns)];
      expect(outcome).toMatchObject({ warnings });
    } else {
      const { refused, hint } = 'refused' in outcome ? outcome : { refused: 'shipped', hint: '' };
      expect(refused).toMatch(item.refused);
      expect(hint).toMatch(item.hint ?? /./);
    }
  });

  it('works for an exported function of the running program, without running the program again', () => {
    const name = 'an exported function of the program itself';
    if (environment !== 'inside vitest') expect(results[name]).toEqual({ value: 42 });
  });

  it('is refused for a const of the running program that comes later', () => {
    const name = 'a const of the program that comes later';
    if (environment === 'inside vitest') return;
    expect(outcomes[name]).toMatchObject({ refused: expect.stringContaining("captured 'early' has no value yet") });
  });
});

async function shipElsewhere(args: readonly string[]): Promise<Record<string, Outcome>> {
  return JSON.parse(await runNode(args, packageDir)) as Record<string, Outcome>;
}

async function shipHere(): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const [name, { fn }] of Object.entries(cases)) {
    try {
      const { ref, where, warnings } = await shipFunction(fn);
      outcomes[name] = { code: ref.code, captured: Buffer.from(ref.captured).toString('base64'), where, warnings };
    } catch (error) {
      if (!isMegalithError(error)) throw error;
      outcomes[name] = { refused: error.message, hint: error.hint ?? '' };
    }
  }
  return outcomes;
}

function argsOf(item: Case | undefined): readonly unknown[] {
  if (item === undefined) return [21];
  return 'args' in item ? (item.args ?? []) : [];
}
