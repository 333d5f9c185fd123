import type { CodeDefinition, Definition } from './definitions.js';

/**
 * Orders classes so that each comes after those that its definition needs: its base, and whatever its static initializers may
 * reach. Classes that do not need each other stay in the order of their source.
 */
export function orderClasses(definitions: readonly Definition[]): CodeDefinition[] {
  const classes = definitions.filter(item => item.kind === 'code').filter(item => item.code.isClass);
  const ordered: CodeDefinition[] = [];
  const visited = new Set<Definition>();
  const visit = (definition: CodeDefinition): void => {
    if (visited.has(definition)) return;
    visited.add(definition);
    for (const needed of bySource(classesReachedFrom(neededAtDefinition(definition)))) visit(needed);
    ordered.push(definition);
  };
  for (const definition of bySource(classes)) visit(definition);
  return ordered;
}

function neededAtDefinition({ code, bindings, base }: CodeDefinition): Definition[] {
  const ranges = code.shape?.definitionRanges ?? [];
  const initial = code.references
    .filter(reference => ranges.some(([start, end]) => start <= reference.start && reference.end <= end))
    .map(reference => bindings.get(reference.name))
    .filter(definition => definition !== undefined);
  return base === undefined ? initial : [base, ...initial];
}

/** Code that runs at definition may call anything that it can reach. */
function classesReachedFrom(start: readonly Definition[]): CodeDefinition[] {
  const seen = new Set<Definition>();
  const queue = [...start];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.kind === 'code') queue.push(...next.bindings.values(), ...(next.base === undefined ? [] : [next.base]));
    if (next.kind === 'data') queue.push(...next.functions.map(item => item.definition));
  }
  return [...seen].filter(item => item.kind === 'code').filter(item => item.code.isClass);
}

function bySource(classes: readonly CodeDefinition[]): CodeDefinition[] {
  return [...classes].sort((a, b) => (a.script === b.script ? a.offset - b.offset : 0));
}
