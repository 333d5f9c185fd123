import { nearMatches } from '@megalith/core';
import { isCollection, isNode, isPair, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import type * as z from 'zod';
import type { AgentSection } from './agent-settings.js';
import { configProblem, eitherOf } from './config-problem.js';
import { configSchema, knownKeys } from './config-schema.js';
import type { Ec2Section } from './ec2-section.js';
import type { HostEntry } from './host-entry.js';
import { hostNameRule, isHostName } from './host-name.js';

/** What one file says. Paths are as written. */
export interface ParsedConfig {
  readonly hosts: readonly HostEntry[];
  readonly agent: AgentSection;
  readonly ec2?: Ec2Section;
}

/**
 * Reads the text of a config file. It costs the import of yaml and zod, 70–100 ms, which is why results are kept.
 * @throws MegalithError CONFIG naming the file, the line, the path in the file, what is wrong and what is allowed
 */
export function parseConfig(text: string, file: string): ParsedConfig {
  const { document, lines } = parseYaml(text, file);
  const data = dataOf(document, file) ?? {};
  const names = Object.keys((data as { hosts?: unknown }).hosts ?? {});
  const problem = (path: readonly PropertyKey[], what: string, hint: string) =>
    configProblem({ file, ...lineOf(document, lines, path), path, what, hint });

  const oddName = names.find(name => !isHostName(name));
  if (oddName !== undefined && typeof (data as { hosts?: unknown }).hosts === 'object')
    throw problem(['hosts', oddName], 'is not a name for a host', `use ${hostNameRule}`);
  const result = configSchema.safeParse(data);
  if (!result.success) {
    const { path, what, hint } = told(result.error.issues[0]!, data);
    throw problem(path, what, hint);
  }
  const { hosts, agent, ec2 } = result.data;
  return {
    hosts: Object.entries(hosts ?? {}).map(([name, { memory, hostKeys, ...rest }]) => ({
      name,
      ...defined(rest),
      hostKeys: hostKeys ?? [],
      ...(memory === undefined ? {} : { memoryBytes: memory }),
    })),
    agent: defined({ idleMs: agent?.idle, keepJobs: agent?.keepJobs, keepForMs: agent?.keepFor }),
    ...(ec2 ? { ec2: defined(ec2) } : {}),
  };
}

/** @throws MegalithError CONFIG where the text is not one YAML document */
export function parseYaml(
  text: string,
  file: string,
): { readonly document: YamlDocument; readonly lines: LineCounter } {
  const lines = new LineCounter();
  // One that was made by other hands is not ours to refuse for its tags; but a key twice is always a mistake.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const error = document.errors[0];
  if (error !== undefined) {
    throw configProblem({
      file,
      line: lines.linePos(error.pos[0]).line,
      path: [],
      what: error.code === 'DUPLICATE_KEY' ? 'a key stands there a second time' : lowerFirst(error.message),
      hint: error.code === 'DUPLICATE_KEY' ? 'give each host its own name, and each key once' : 'mend the YAML there',
    });
  }
  return { document, lines };
}

function dataOf(document: YamlDocument, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Thrown for aliases that would multiply without end.
    if (!(error instanceof ReferenceError)) throw error;
    throw configProblem({ file, path: [], what: lowerFirst(error.message), hint: 'write it without so many aliases' });
  }
}

function told(issue: z.core.$ZodIssue, data: unknown): { path: readonly PropertyKey[]; what: string; hint: string } {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = knownKeys(issue.path);
    const near = nearMatches(key, known);
    const hint = near.length > 0 ? `did you mean ${eitherOf(near)}?` : `known there: ${known.join(', ')}`;
    return { path: [...issue.path, key], what: 'is not known', hint };
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], data);
  const what = value === undefined ? 'is missing' : value === null ? 'is empty' : `is ${shown(value)}`;
  const quotes = typeof value === 'number' && issue.code === 'invalid_type' && issue.expected === 'string';
  return { path: issue.path, what, hint: `it must be ${issue.message}${quotes ? ', in quotes' : ''}` };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The line of the nearest thing on the way to the path that is there. */
function lineOf(document: YamlDocument, lines: LineCounter, path: readonly PropertyKey[]): { readonly line?: number } {
  let offset: number | undefined;
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isCollection(node)) break;
    const pair = node.items.find(item => isPair(item) && isNode(item.key) && String(item.key) === String(key));
    offset = (isPair(pair) && isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
    node = node.get(key, true);
    if (pair === undefined && isNode(node)) offset = node.range?.[0] ?? offset;
  }
  return offset === undefined ? {} : { line: lines.linePos(offset).line };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
