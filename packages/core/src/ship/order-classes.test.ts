import { expect, it } from 'vitest';
import { codeDefinition } from './fixtures/code-definition.js';
import { orderClasses } from './order-classes.js';

it('keeps the order of the source where classes do not need each other', () => {
  const first = codeDefinition('First', 'class First { make() { return new Second(); } }');
  const second = codeDefinition('Second', 'class Second {}');
  first.bindings.set('Second', second);
  expect(orderClasses([second, first])).toEqual([first, second]);
});

it('puts a base before what extends it, wherever it stands', () => {
  const derived = codeDefinition('Derived', 'class Derived extends Base {}');
  derived.base = codeDefinition('Base', 'class Base {}');
  expect(orderClasses([derived, derived.base])).toEqual([derived.base, derived]);
});

it('puts what a static initializer may reach before its class, through functions too', () => {
  const user = codeDefinition('User', 'class User { static all = load(); }');
  const load = codeDefinition('load', '() => new Row()');
  const row = codeDefinition('Row', 'class Row {}');
  user.bindings.set('load', load);
  load.bindings.set('Row', row);
  expect(orderClasses([user, load, row])).toEqual([row, user]);
});

it('ends for classes that need each other', () => {
  const a = codeDefinition('A', 'class A { static b = () => B; }');
  const b = codeDefinition('B', 'class B { static a = () => A; }');
  a.bindings.set('B', b);
  b.bindings.set('A', a);
  expect(orderClasses([a, b])).toHaveLength(2);
});
