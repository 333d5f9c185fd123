import type { JobOptions } from '@megalith/core';
import { planText } from '../output/plan-text.js';
import { inSession, type SessionOptions } from './session.js';

// As for any job that no place can take.
const noPlacement = 3;

/** Prints where a job would run and why; runs nothing. @param tasks how many, where that is known @returns the exit code */
export function showPlan(
  job: JobOptions & { readonly tasks?: number },
  session: SessionOptions,
  json: boolean,
): Promise<number> {
  return inSession(session, async ({ executor }) => {
    const plan = await executor.plan(job);
    process.stdout.write(
      json ? `${JSON.stringify({ ...plan, chosen: plan.chosen ?? null }, undefined, 2)}\n` : planText(plan),
    );
    return plan.chosen === undefined ? noPlacement : 0;
  });
}
