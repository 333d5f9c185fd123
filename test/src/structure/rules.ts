import { importsOf, isRelative, targetOf } from './imports.js';
import type { SourceFile } from './source-file.js';

/** The floors of the house, lowest first. A floor may use those below it; what stands in one line does not know each other. */
const floors: readonly (readonly string[])[] = [
  ['agent'],
  ['packages/core'],
  ['packages/standalone'],
  ['packages/cli'],
  ['examples', 'test'],
];
const packages = new Map([
  ['@megalith/agent', 'agent'],
  ['@megalith/core', 'packages/core'],
  ['@megalith/standalone', 'packages/standalone'],
  ['@megalith/cli', 'packages/cli'],
]);
const lineLimit = 350;
const emptyNames = /^(utils?|helpers?|common|managers?)(\.|$)|-(utils?|helpers?|common|manager)\./;

/** Imports of a floor from itself by name, from above, from beside, or from another package's inside. */
export function wrongDirections(files: readonly SourceFile[]): string[] {
  return files.flatMap(importsOf).flatMap(found => {
    const home = folderOf(found.from);
    if (isRelative(found)) {
      return folderOf(targetOf(found)) === home
        ? []
        : [`${found.from} reaches into another package: ${found.specifier}`];
    }
    if (!found.specifier.startsWith('@megalith/')) return [];
    const target = packages.get(found.specifier);
    if (target === undefined) return [`${found.from} imports what is not a package's entrance: ${found.specifier}`];
    return level(target) < level(home) ? [] : [`${found.from} imports upwards: ${found.specifier}`];
  });
}

/** Imports of the agent from outside Node: it is one file that runs wherever Node is. */
export function foreignToAgent(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('agent/') && !isTest(path))
    .flatMap(importsOf)
    .filter(found => !isRelative(found) && !found.specifier.startsWith('node:'))
    .map(({ from, specifier }) => `${from} imports ${specifier}`);
}

/** Circles of files that need each other at run time, each as the files in turn. */
export function circles(files: readonly SourceFile[]): string[] {
  const next = new Map<string, string[]>();
  for (const file of files) {
    next.set(
      file.path,
      importsOf(file)
        .filter(found => isRelative(found) && !found.typeOnly)
        .map(targetOf),
    );
  }
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || finished.has(path)) return;
    for (const target of next.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}

/** Files that nobody would like to read. */
export function tooLong(files: readonly SourceFile[]): string[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > lineLimit)
    .map(({ path, lines }) => `${path} has ${lines} lines; the limit is ${lineLimit}`);
}

/** Files and folders whose name does not say what is in them. */
export function emptyNamed(files: readonly SourceFile[]): string[] {
  return files.map(({ path }) => path).filter(path => path.split('/').some(part => emptyNames.test(part)));
}

function folderOf(path: string): string {
  return floors.flat().find(folder => path.startsWith(`${folder}/`)) ?? 'outside';
}

function level(folder: string): number {
  return floors.findIndex(floor => floor.includes(folder));
}

function isTest(path: string): boolean {
  return /\.(test|fixture)\.ts$|\/(testing|fixtures)\//.test(path);
}
