import { canTravel } from '@megalith/agent';
import type { ClassShape } from './class-shape.js';

/** A property that a function or class has beside its text. */
interface ExtraProperty {
  readonly name: string;
  readonly value: unknown;
}

/** Why a function or class is more than its text, as it follows its name; or what has to be set on it after. */
export type ExtraProperties = { readonly because: string } | { readonly properties: readonly ExtraProperty[] };

const builtInNames = new Set(['length', 'name', 'prototype', 'arguments', 'caller']);

/** What is lost when a function or a class is made again from its text. */
export function extraProperties(fn: object, shape: ClassShape | undefined): ExtraProperties {
  const lost = changedMethod(fn, shape);
  if (lost !== undefined) return { because: lost };
  const properties: ExtraProperty[] = [];
  for (const name of Object.getOwnPropertyNames(fn)) {
    if (builtInNames.has(name) || shape?.staticMethods.has(name)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(fn, name)!;
    const isDeclared = shape?.staticFields.has(name) ?? false;
    // A computed key may be this one; its text runs again as well.
    const mayBeComputed = shape?.hasComputedKeys ?? false;
    if (!('value' in descriptor)) {
      if (mayBeComputed) continue;
      return { because: `has the accessor '${name}', which was added after its definition` };
    }
    const value: unknown = descriptor.value;
    // The initializer of a static field runs again; a value that may travel replaces what it gives.
    if ((isDeclared || mayBeComputed) && !canTravel(value)) continue;
    properties.push({ name, value });
  }
  return { properties };
}

/** Methods that are not in the text: added to the prototype, or replaced by a decorator. */
function changedMethod(fn: object, shape: ClassShape | undefined): string | undefined {
  const prototype: unknown = (fn as { prototype?: unknown }).prototype;
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name === 'constructor') continue;
    const declared = shape?.methods.get(name);
    if (declared === undefined) {
      if (shape?.hasComputedKeys) continue;
      return `has the method '${name}' on its prototype, which its own text does not have`;
    }
    const { get, set, value } = Object.getOwnPropertyDescriptor(prototype, name)!;
    const texts = [get, set, value]
      .filter(item => typeof item === 'function')
      .map(item => Function.prototype.toString.call(item));
    if (!texts.every(text => declared.some(method => method.includes(text)))) {
      return `has the method '${name}', which was replaced after its definition (by a decorator, perhaps)`;
    }
  }
  return undefined;
}
