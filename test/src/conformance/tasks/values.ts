import { Socket } from 'node:net';

export function describeValue(value: object): { name: string; text: string } {
  return { name: value.constructor.name, text: Object.prototype.toString.call(value) };
}

class Account {
  readonly owner = 'me';
}

const makers = {
  'a function': () => () => 1,
  'a symbol': () => Symbol('mine'),
  'a class instance': () => new Account(),
  'a socket': () => new Socket(),
  'a proxy': () => new Proxy({ a: 1 }, {}),
  'a promise in an object': () => ({ late: Promise.resolve(1) }),
  'a weak map': () => new WeakMap(),
} satisfies Record<string, () => unknown>;

export type UnserializableName = keyof typeof makers;
export const unserializableNames = Object.keys(makers) as readonly UnserializableName[];

/** A new value of that kind. */
export function unserializable(name: UnserializableName): unknown {
  return makers[name]();
}

/** A task that returns one. */
export function makeValue(name: UnserializableName): unknown {
  return unserializable(name);
}
