import { expect, it } from 'vitest';
import { table } from './table.js';

it('lines columns up without borders or trailing spaces', () => {
  const text = table(
    [{ heading: 'ID' }, { heading: 'TASKS', align: 'right' }, { heading: 'NAME' }],
    [
      ['a', '1000', 'x'],
      ['bcd', '5', ''],
    ],
  );
  expect(text).toBe('ID   TASKS  NAME\na     1000  x\nbcd      5\n');
});

it('counts wide characters as two cells', () => {
  expect(
    table(
      [{ heading: 'A' }, { heading: 'B' }],
      [
        ['石', 'x'],
        ['ab', 'y'],
      ],
    ),
  ).toBe('A   B\n石  x\nab  y\n');
});
