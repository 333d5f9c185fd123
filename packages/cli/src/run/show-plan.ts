import type { JobOptions, PlanOptions } from '@megalith/core';
import type { PlanFlagValues } from '../flags/plan-flags.js';
import { planOptions } from '../flags/plan-options.js';
import type { DataSource } from '../input/data-source.js';
import { planJson } from '../output/plan-json.js';
import { planText } from '../output/plan-text.js';
import { inSession, type SessionOptions } from './session.js';

// As for any job that no place can take.
const noPlacement = 3;

export interface PlanRequest {
  readonly work: PlanOptions['work'];
  readonly job: JobOptions;
  readonly session: SessionOptions;
  /** Closed when the plan is made: nothing of it is run. */
  readonly source: DataSource<unknown> | undefined;
  /** One command, once. */
  readonly isSingle: boolean;
  readonly json: boolean;
  readonly flags: PlanFlagValues;
}

/** Prints where a job would run and why; runs nothing. @returns the exit code */
export async function showPlan({ work, job, session, source, isSingle, json, flags }: PlanRequest): Promise<number> {
  try {
    const tasks = isSingle ? 1 : tasksOf(source);
    return await inSession({ ...session, ...planOptions(flags, Date.now()) }, async ({ executor }) => {
      const plan = await executor.plan({
        ...job,
        ...(work === undefined ? {} : { work }),
        ...(tasks === undefined ? {} : { tasks }),
      });
      process.stdout.write(
        json
          ? `${JSON.stringify(planJson(plan), undefined, 2)}\n`
          : planText(plan, { ...(tasks === undefined ? {} : { tasks }), all: flags.all === true }),
      );
      return plan.chosen === undefined ? noPlacement : 0;
    });
  } finally {
    source?.close();
  }
}

/** Undefined where only the end of the input will tell. */
function tasksOf(source: DataSource<unknown> | undefined): number | undefined {
  const items = source?.items;
  return Array.isArray(items) ? items.length : undefined;
}
