import { statSync } from 'node:fs';
import { isLabel, isLower, type Label, labels, MegalithError, megalithHome } from '@megalith/agent';
import type { DeclassifyEntry } from '../audit/audit-entry.js';
import { openAudit } from '../audit/open-audit.js';
import { whoRuns } from '../audit/who-runs.js';
import { readConfig } from '../config/read-config.js';
import { itemsOf } from '../executor/chain.js';
import type { Items } from '../executor/input.js';
import { labelOf } from '../placement/label-of.js';
import { LabelBook, type LabelledPath } from './label-book.js';
import { carriesLabel, highestOf, type Labelled, labelsOfInput, relabelled } from './labelled.js';
import { withoutLinks } from './without-links.js';

const shortestReason = 10;

export interface DeclassifyOptions {
  /** Lower than what the data has. */
  readonly to: Label;
  /** Why it may be lowered, in 10 characters or more: stands in the audit log for good. */
  readonly reason: string;
  /** Where labels and the audit log are kept. @defaultValue see `megalithHome` */
  readonly home?: string;
}

/** What was lowered. */
export interface Declassified {
  /** As given. */
  readonly path: string;
  readonly was: Label;
  readonly to: Label;
}

/**
 * Lowers a label: the only way down. It says that what a job made of sensitive data is not sensitive any more, and stands in the audit log
 * with the reason and with who said so, before it counts.
 *
 * Of paths, the files and folders lose the label that jobs left on them; what `policy.paths` says of them stays. Of jobs, futures, and items
 * with a label, the result is items to be the input of another job.
 * @throws MegalithError USAGE where there is no reason, no label, or no higher one; POLICY where a rule of `policy.paths` says otherwise;
 * JOURNAL_FAILED where it can't be written down
 */
export function declassify<I>(items: Labelled<I>, options: DeclassifyOptions): Promise<Labelled<I>>;
export function declassify(
  paths: string | readonly string[],
  options: DeclassifyOptions,
): Promise<readonly Declassified[]>;
export function declassify<I>(items: Items<I> | PromiseLike<I>, options: DeclassifyOptions): Promise<Labelled<I>>;
export async function declassify(thing: unknown, options: DeclassifyOptions): Promise<unknown> {
  requireReason(options);
  return isPaths(thing) ? await declassifyPaths([thing].flat(), options) : await declassifyItems(thing, options);
}

/** An array of text is one of paths unless it has a label: without one there is nothing to lower. */
function isPaths(thing: unknown): thing is string | readonly string[] {
  if (typeof thing === 'string') return true;
  return (
    Array.isArray(thing) && thing.length > 0 && !carriesLabel(thing) && thing.every(item => typeof item === 'string')
  );
}

async function declassifyItems(thing: unknown, options: DeclassifyOptions): Promise<Labelled<unknown>> {
  const carried = await labelsOfInput(thing);
  const was = highestOf(carried);
  if (was === undefined) {
    throw new MegalithError('USAGE', 'what is to be declassified carries no label', {
      hint: 'give a job, its futures, or what "withLabel" gave: plain values have lost theirs',
    });
  }
  const what = carried.map(({ from }) => from);
  requireLower(what.join(', '), was, options.to);
  await note({ kind: 'declassify', what, was, to: options.to, reason: options.reason.trim() }, options);
  const isSingle = carriesLabel(thing) && !(Symbol.iterator in thing) && !(Symbol.asyncIterator in thing);
  const items = (isSingle ? [thing] : itemsOf(thing)) as Items<unknown>;
  return relabelled(items, { label: options.to, from: `what was declassified of ${what.join(', ')}` }, was);
}

async function declassifyPaths(paths: readonly string[], options: DeclassifyOptions): Promise<readonly Declassified[]> {
  const { to, reason, home = megalithHome() } = options;
  const book = new LabelBook(home);
  const found = await Promise.all(paths.map(async path => ({ path, was: (await book.find(path))[0] })));
  const lowered: Declassified[] = [];
  for (const { path, was } of found) {
    await requireNoRule(path, options);
    lowered.push({ path, was: requireLabel(path, was, to), to });
  }
  const was = highestOf(lowered.map(each => ({ label: each.was, from: each.path })))!;
  await note({ kind: 'declassify', what: await withoutLinks(paths), was, to, reason: reason.trim() }, options);
  await book.lower(paths, to, `declassified by ${whoRuns()}`);
  return lowered;
}

/** What a rule of the policy says of a path is for the policy to change. */
async function requireNoRule(path: string, { to, home = megalithHome() }: DeclassifyOptions): Promise<void> {
  const { policy } = await readConfig({ cwd: process.cwd(), home });
  const [whole = path] = await withoutLinks([path]);
  const isFolder = statSync(whole, { throwIfNoEntry: false })?.isDirectory() !== false;
  const { label, rule } = labelOf(
    { tags: [], ...(isFolder ? { paths: [whole] } : { files: [whole] }) },
    { ...policy, defaultLabel: 'public' },
  );
  if (!isLower(to, label)) return;
  throw new MegalithError('POLICY', `"${path}" can't be declassified: ${rule}`, {
    hint: 'copy what may be lowered to a folder that no rule is about, and declassify it there',
    details: { path, label },
  });
}

function requireLabel(path: string, was: LabelledPath | undefined, to: Label): Label {
  if (was === undefined) {
    throw new MegalithError('USAGE', `"${path}" has no label that could be lowered`, {
      hint: 'see "megalith labels" for what has one',
      details: { path },
    });
  }
  requireLower(`"${path}"`, was.label, to);
  return was.label;
}

function requireLower(what: string, was: Label, to: Label): void {
  if (isLower(to, was)) return;
  throw new MegalithError('USAGE', `${what} can't be declassified to ${to}: it is ${was}`, {
    hint:
      was === labels[0]
        ? 'there is nothing lower'
        : `give one that is lower: ${labels.slice(0, labels.indexOf(was)).join(', ')}`,
    details: { was, to },
  });
}

function requireReason({ to, reason }: DeclassifyOptions): void {
  if (!isLabel(to)) {
    throw new MegalithError('USAGE', `"${String(to)}" is not a label`, { hint: `labels: ${labels.join(', ')}` });
  }
  if (reason.trim().length >= shortestReason) return;
  throw new MegalithError('USAGE', `a reason of ${shortestReason} characters or more is needed to declassify`, {
    hint: 'say why this data is not sensitive any more: it stands in the audit log for good',
  });
}

async function note(entry: DeclassifyEntry, { home = megalithHome() }: DeclassifyOptions): Promise<void> {
  const audit = openAudit(home);
  try {
    await audit.append(entry);
  } finally {
    await audit.close();
  }
}
