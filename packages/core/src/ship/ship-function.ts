import path from 'node:path';
import { cachedBundle } from './bundle-cache.js';
import { Capturer } from './capture.js';
import { type CapturedData, encodeCaptured } from './captured-data.js';
import type { Capture } from './definitions.js';
import { cannotShip, type Subject } from './explain.js';
import { moduleExportOf } from './from-module.js';
import { place, textOffset } from './function-place.js';
import { FunctionInspector } from './inspect-function.js';
import { exportedName } from './locate-export.js';
import { currentFrames, isRunning } from './running-modules.js';
import { bundleFor, shipModuleExport } from './ship-export.js';
import type { AnyFunction, ShippedFunction } from './shipped-function.js';
import { type WrittenModule, writeModule } from './write-module.js';

export interface ShipOptions {
  /** How errors and stacks call it. @defaultValue the function's own name */
  readonly name?: string;
}

/**
 * Makes a function ready to run in another process: one ES module with all that it imports, and the values of the variables that
 * it uses. A function that its module exports is taken from there; any other is rebuilt from its source text.
 *
 * Variables are read before this returns, so later changes do not show. Nothing of the user's code runs.
 * @throws MegalithError CANNOT_SHIP (as a rejection), naming the function, its place, the variable and what to do
 */
export async function shipFunction(fn: AnyFunction, options: ShipOptions = {}): Promise<ShippedFunction> {
  const target = moduleExportOf(fn);
  if (target !== undefined) {
    const subject = { name: options.name ?? target.exportName, where: path.relative(process.cwd(), target.path) };
    return shipModuleExport({ specifier: target.path, fromDir: path.dirname(target.path) }, target.exportName, subject);
  }
  const found = look(fn, options.name ?? (fn.name || 'anonymous'));
  if ('exported' in found) {
    return shipModuleExport(
      { specifier: found.path, fromDir: path.dirname(found.path) },
      found.exported,
      found.subject,
    );
  }
  const { subject, written, data, capture } = found;
  const bundle = await bundleFor(subject, cachedBundle(written));
  return {
    ref: { hash: bundle.hash, code: bundle.code, captured: data.bytes },
    name: subject.name,
    where: subject.where ?? 'unknown',
    warnings: [...capture.warnings, ...data.warnings, ...bundle.warnings],
    notPortable: bundle.notPortable,
  };
}

type Found =
  | { readonly subject: Subject; readonly exported: string; readonly path: string }
  | {
      readonly subject: Subject;
      readonly capture: Capture;
      readonly written: WrittenModule;
      readonly data: CapturedData;
    };

/** All that has to happen before the first await. */
function look(fn: AnyFunction, name: string): Found {
  const nameOnly: Subject = { name, where: undefined };
  using inspector = openInspector(nameOnly);
  const frames = currentFrames();
  const inspected = inspector.inspect(fn);
  let subject = nameOnly;
  if (inspected !== undefined) {
    const { script } = inspected;
    const offset = textOffset(inspected, Function.prototype.toString.call(fn));
    subject = { name, where: place(script, offset) };
    if (script.path !== undefined && !isRunning(script, frames)) {
      const exported = exportedName(fn, inspected, offset);
      if (exported !== undefined) return { subject, exported, path: script.path };
    }
  }
  const capture = new Capturer(inspector, subject, frames).capture(fn);
  if (capture.root.code.isClass) {
    throw cannotShip(subject, {
      because: 'it is a class, and a task calls it without new',
      hint: 'wrap it: item => new Thing(item)',
    });
  }
  const written = writeModule(capture);
  return { subject, capture, written, data: encodeCaptured(written.captured, subject) };
}

function openInspector(subject: Subject): FunctionInspector {
  try {
    return new FunctionInspector();
  } catch (error) {
    throw cannotShip(subject, {
      because: "this Node's inspector, which reads captured variables, is not to be had",
      hint: 'export the function from a module and pass fromModule(url, name)',
      cause: error,
    });
  }
}
