import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeValue } from '@megalith/agent';
import { BundleRefused } from './bundle.js';
import { cachedBundle } from './bundle-cache.js';
import type { ModuleRequest } from './definitions.js';
import { cannotShip, quote, type Subject } from './explain.js';
import { isEntry } from './running-modules.js';
import type { ShippedFunction } from './shipped-function.js';
import { writeReexport } from './write-module.js';

/**
 * Makes a bundle of one export of a module, with all that the module imports. Nothing of it runs here.
 * @param modulePath a file, from the working directory; a `file:` URL; or the name of an installed package
 * @throws MegalithError CANNOT_SHIP
 */
export async function shipExport(modulePath: string, exportName: string): Promise<ShippedFunction> {
  const module = findModule(modulePath);
  const where = path.isAbsolute(module.specifier) ? placeOf(module.specifier) : module.specifier;
  return shipModuleExport(module, exportName, { name: exportName, where });
}

/** @param subject who is shipped, as errors call it */
export async function shipModuleExport(
  module: ModuleRequest,
  exportName: string,
  subject: Subject,
): Promise<ShippedFunction> {
  const file = module.specifier;
  if (path.isAbsolute(file) && !existsSync(file)) {
    throw cannotShip(subject, { because: `module ${quote(placeOf(file))} does not exist`, hint: 'check the path' });
  }
  if (isEntry(file)) {
    throw cannotShip(subject, {
      because: 'its module is the program itself, which would run again in every task',
      hint: 'move the function to a module of its own and export it from there',
    });
  }
  const text = writeReexport(module, exportName, `export ${quote(exportName)} of ${quote(file)}`);
  const bundle = await bundleFor(subject, cachedBundle(text));
  return {
    ref: { hash: bundle.hash, code: bundle.code, captured: encodeValue({}) },
    name: subject.name,
    where: subject.where ?? file,
    warnings: bundle.warnings,
    notPortable: bundle.notPortable,
  };
}

/** A bundle's refusal, in the name of the function it was for. */
export async function bundleFor<T>(subject: Subject, bundle: Promise<T>): Promise<T> {
  try {
    return await bundle;
  } catch (error) {
    if (error instanceof BundleRefused) throw cannotShip(subject, error.refusal);
    throw error;
  }
}

function findModule(modulePath: string): ModuleRequest {
  const fromDir = process.cwd();
  if (modulePath.startsWith('file:')) return { specifier: fileURLToPath(modulePath), fromDir };
  const file = path.resolve(modulePath);
  const isFile = /^[./]|\.[cm]?[jt]sx?$/.test(modulePath) || path.isAbsolute(modulePath) || existsSync(file);
  return { specifier: isFile ? file : modulePath, fromDir: isFile ? path.dirname(file) : fromDir };
}

function placeOf(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
