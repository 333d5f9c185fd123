import { isLabel } from '@megalith/agent';
import type * as z from 'zod';
import { nearMatches } from '../jobs/near-matches.js';
import { configProblem, eitherOf } from './config-problem.js';
import { configSchema, knownKeys } from './config-schema.js';
import { defined } from './defined.js';
import { hostNameRule, isHostName } from './host-name.js';
import { dataOf, lineOf, parseYaml } from './parse-yaml.js';
import type { ParsedConfig } from './parsed-config.js';

/** Maps whose keys are names that people choose. */
const namedThings = [
  { path: ['hosts'], thing: 'a host' },
  { path: ['stores'], thing: 'a store' },
  { path: ['policy', 'tags'], thing: 'a tag' },
] as const;

/**
 * Reads the text of a config file. It costs the import of yaml and zod, 70–100 ms, which is why results are kept.
 * @throws MegalithError CONFIG naming the file, the line, the path in the file, what is wrong and what is allowed
 */
export function parseConfig(text: string, file: string): ParsedConfig {
  const yaml = parseYaml(text, file);
  const data = dataOf(yaml, file) ?? {};
  const problem = ({ path, what, hint }: Told) => configProblem({ file, ...lineOf(yaml, path), path, what, hint });
  const odd = oddName(data);
  if (odd !== undefined) throw problem(odd);
  const result = configSchema.safeParse(data);
  if (!result.success) throw problem(told(result.error.issues[0]!, data));
  const { hosts, agent, ec2, lambda, policy, stores, history, data: ofData, prices } = result.data;
  const misleading = Object.entries(policy?.tags ?? {}).find(([tag, label]) => isLabel(tag) && tag !== label);
  if (misleading !== undefined) {
    const [tag, label] = misleading;
    const hint = 'a tag that has the name of a label means that label';
    throw problem({ path: ['policy', 'tags', tag], what: `is "${label}"`, hint });
  }
  return {
    hosts: Object.entries(hosts ?? {}).map(([name, { memory, hostKeys, ...rest }]) => ({
      name,
      ...defined(rest),
      hostKeys: hostKeys ?? [],
      ...(memory === undefined ? {} : { memoryBytes: memory }),
    })),
    agent: defined({ idleMs: agent?.idle, keepJobs: agent?.keepJobs, keepForMs: agent?.keepFor }),
    stores: Object.fromEntries(Object.entries(stores ?? {}).map(([name, store]) => [name, defined(store)])),
    ...(ec2 ? { ec2: defined(ec2) } : {}),
    ...(lambda ? { lambda: defined(lambda) } : {}),
    ...(policy ? { policy: defined({ ...policy, regions: policy.regions && defined(policy.regions) }) } : {}),
    ...(history ? { history } : {}),
    ...(ofData ? { data: ofData } : {}),
    ...(typeof prices === 'string' ? { prices } : {}),
  };
}

interface Told {
  readonly path: readonly PropertyKey[];
  readonly what: string;
  readonly hint: string;
}

function oddName(data: unknown): Told | undefined {
  for (const { path, thing } of namedThings) {
    const map = valueAt(data, path);
    if (typeof map !== 'object' || map === null || Array.isArray(map)) continue;
    const odd = Object.keys(map).find(name => !isHostName(name));
    if (odd !== undefined)
      return { path: [...path, odd], what: `is not a name for ${thing}`, hint: `use ${hostNameRule}` };
  }
  return undefined;
}

function told(issue: z.core.$ZodIssue, data: unknown): Told {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = knownKeys(issue.path);
    const near = nearMatches(key, known);
    const hint = near.length > 0 ? `did you mean ${eitherOf(near)}?` : `known there: ${known.join(', ')}`;
    return { path: [...issue.path, key], what: 'is not known', hint };
  }
  const value = valueAt(data, issue.path);
  const what = value === undefined ? 'is missing' : value === null ? 'is empty' : `is ${shown(value)}`;
  const quotes = typeof value === 'number' && issue.code === 'invalid_type' && issue.expected === 'string';
  return { path: issue.path, what, hint: `it must be ${issue.message}${quotes ? ', in quotes' : ''}` };
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}

function shown(value: unknown): string {
  // What stands before the host of a URL may be a password.
  const text = (JSON.stringify(value) ?? String(value)).replace(/:\/\/[^"\s]*@/g, '://…@');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
