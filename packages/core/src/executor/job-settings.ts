import { isLabel, type Label, labels, MegalithError, type Requirements } from '@megalith/agent';
import type { JobWant } from '../backends/backend.js';
import { parseDuration } from '../config/duration.js';
import { parseSize } from '../config/size.js';
import type { FileInput, FileOutput } from '../files/file-argument.js';
import type { Goal } from '../placement/goal.js';
import type { Keep } from '../pointers/key-layout.js';
import { type RetryRule, retryRule } from './retry.js';
import type { JobOptions } from './types.js';

/** Job options with their texts read and their defaults filled in. */
export interface JobSettings {
  readonly requirements: Requirements;
  /** Of each item, where they differ. */
  readonly memoryOf: ((item: unknown, index: number) => number) | undefined;
  readonly goal: Goal;
  readonly expectedMs: number | undefined;
  readonly escalates: boolean;
  readonly rule: RetryRule;
  readonly concurrency: number;
  readonly stopsOnFailure: boolean;
  readonly tags: readonly string[];
  readonly label: Label | undefined;
  /** Files beside `inputs` and `outputs` that the caller reads for the job, and makes of its results. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Undefined where the place decides. */
  readonly cwd: string | undefined;
  readonly secrets: Readonly<Record<string, string>>;
  readonly inputs: readonly FileInput[];
  readonly outputs: readonly FileOutput[];
  readonly onTransfer: JobOptions['onTransfer'];
  readonly detached: boolean;
  readonly wants: readonly JobWant[];
  /** Where its tasks put objects; undefined where nobody says. */
  readonly store: string | undefined;
  readonly keep: Keep;
}

/** What tells a task how sensitive its job is. */
export const labelVariable = 'MEGALITH_LABEL';

/** A shorter text would be found, and masked, all over a task's output. */
const shortestSecret = 4;

/** Options of one call over those of the executor: environments are joined, and so are tags, because a tag may only add restrictions. */
export function withDefaults<T extends JobOptions>(options: T, defaults: JobOptions): T {
  return {
    ...defaults,
    ...options,
    env: { ...defaults.env, ...options.env },
    secrets: { ...defaults.secrets, ...options.secrets },
    tags: [...new Set([...(defaults.tags ?? []), ...(options.tags ?? [])])],
  };
}

/** @throws MegalithError USAGE, naming the option */
export function jobSettings(options: JobOptions): JobSettings {
  const { cpus = 1, concurrency = Number.POSITIVE_INFINITY, onFailure = 'continue' } = options;
  const { secrets = {}, inputs = [], outputs = [], detached = false } = options;
  for (const [name, value] of Object.entries(secrets)) {
    if (name === labelVariable) {
      throw new MegalithError('USAGE', `a secret can't be called "${name}"`, {
        hint: 'tasks find the label of their job there: set `label` of the job',
      });
    }
    if (value.length < shortestSecret) {
      throw new MegalithError('USAGE', `the secret "${name}" is shorter than ${shortestSecret} characters`, {
        hint: 'a value so short cannot be told from other text in logs: pass it as a variable if it is not secret',
      });
    }
  }
  if (!(cpus > 0) || !Number.isFinite(cpus)) throw usage('cpus', 'a number above 0', cpus);
  if (!(concurrency >= 1 && (Number.isInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY))) {
    throw usage('concurrency', 'a whole number above 0', concurrency);
  }
  if (onFailure !== 'continue' && onFailure !== 'stop') throw usage('onFailure', '"continue" or "stop"', onFailure);
  const { memory } = options;
  const memoryBytes = memory === undefined || typeof memory === 'function' ? undefined : parseSize(memory);
  if (memoryBytes === 0) throw usage('memory', 'above 0', memory);
  if (options.label !== undefined && !isLabel(options.label)) {
    throw usage('label', `one of ${labels.join(', ')}`, options.label);
  }
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  if (timeoutMs === 0) throw usage('timeout', 'above 0', options.timeout);
  return {
    requirements: {
      cpus,
      graceMs: parseDuration(options.grace ?? 2000),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    memoryOf: typeof memory === 'function' ? (item, index) => parseSize(memory(item as never, index)) : undefined,
    goal: goalOf(options),
    expectedMs: options.expected === undefined ? undefined : parseDuration(options.expected),
    escalates: options.escalate ?? true,
    rule: retryRule(options.retries),
    concurrency,
    stopsOnFailure: onFailure === 'stop',
    tags: options.tags ?? [],
    label: options.label,
    reads: options.reads ?? [],
    writes: options.writes ?? [],
    env: options.env ?? {},
    cwd: options.cwd,
    secrets,
    inputs,
    outputs,
    onTransfer: options.onTransfer,
    detached,
    store: options.store,
    keep: options.keep ?? 'job',
    wants: [
      ...(inputs.length + outputs.length > 0 ? (['files'] as const) : []),
      ...(detached ? (['detach'] as const) : []),
      ...(Object.keys(secrets).length > 0 ? (['secrets'] as const) : []),
    ],
  };
}

function goalOf({ objective = 'cost', deadline, budget }: JobOptions): Goal {
  if (objective !== 'cost' && objective !== 'time') throw usage('objective', '"cost" or "time"', objective);
  if (budget !== undefined && !(budget >= 0)) throw usage('budget', 'a number of US dollars', budget);
  return {
    objective,
    ...(deadline === undefined ? {} : { deadlineMs: parseDuration(deadline) }),
    ...(budget === undefined ? {} : { budgetUsd: budget }),
  };
}

function usage(option: string, expected: string, given: unknown): MegalithError {
  return new MegalithError('USAGE', `"${option}" must be ${expected}, not ${String(given)}`);
}
