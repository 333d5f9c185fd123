import { basename } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { shipFunction } from '../ship/ship-function.js';
import type { AnyFunction } from '../ship/shipped-function.js';
import type { Prepared } from './conductor.js';
import { sharedParts } from './shared-parts.js';
import type { CommandOptions, FunctionOptions } from './types.js';

/** Ships a function with what it shares. Captured variables are read before this returns. */
export async function functionWork(fn: AnyFunction, options: FunctionOptions): Promise<Prepared> {
  if (typeof fn !== 'function') throw new MegalithError('USAGE', `the task must be a function, not ${typeof fn}`);
  const { shared, isolation = shared === undefined ? 'process' : 'threads' } = options;
  if (isolation !== 'process' && isolation !== 'threads') {
    throw new MegalithError('USAGE', `"isolation" must be "process" or "threads", not "${String(isolation)}"`);
  }
  if (shared !== undefined && isolation === 'process') {
    throw new MegalithError('USAGE', '"shared" needs isolation "threads": processes have no memory in common', {
      hint: 'leave "isolation" out',
    });
  }
  const [{ ref, warnings }, parts] = await Promise.all([
    shipFunction(fn, options.name === undefined ? {} : { name: options.name }),
    sharedParts(shared ?? {}, shipFunction),
  ]);
  return {
    work: { kind: 'function', bundle: ref, isolation, shared: parts.map(part => part.spec) },
    shared: parts,
    warnings,
  };
}

/** @param template an argument vector, or a line for the shell */
export async function commandWork(template: readonly string[] | string, options: CommandOptions): Promise<Prepared> {
  const { stdin = 'ignore' } = options;
  if (typeof template === 'string') {
    if (template.trim() === '') throw emptyCommand();
    return { work: { kind: 'command', shell: template, stdin }, shared: [], warnings: [] };
  }
  if (template.length === 0 || template[0] === '') throw emptyCommand();
  return { work: { kind: 'command', argv: template, stdin }, shared: [], warnings: [] };
}

export function functionName(fn: unknown): string {
  return (typeof fn === 'function' && fn.name) || 'anonymous';
}

export function commandName(template: readonly string[] | string): string {
  const program = typeof template === 'string' ? template.trim().split(/\s+/)[0] : template[0];
  return basename(program ?? '') || 'command';
}

/** A function or a command, whichever it is. */
export function preparedWork(
  work: AnyFunction | readonly string[] | string,
  options: FunctionOptions,
): Promise<Prepared> {
  return typeof work === 'function' ? functionWork(work, options) : commandWork(work, {});
}

export function workName(work: AnyFunction | readonly string[] | string): string {
  return typeof work === 'function' ? functionName(work) : commandName(work);
}

function emptyCommand(): MegalithError {
  return new MegalithError('USAGE', 'the command is empty');
}
