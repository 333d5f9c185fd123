import { expect, it } from 'vitest';
import { commandText } from './command-text.js';

it('shows a command as one would type it', () => {
  expect(commandText(['echo', 'a b', '', "it's"])).toBe(`echo 'a b' '' 'it'\\''s'`);
  expect(commandText('ls | wc -l')).toBe('ls | wc -l');
});

it('shows what it becomes for an item', () => {
  expect(commandText(['gzip', '-9'], 'a b.txt')).toBe("gzip -9 'a b.txt'");
  expect(commandText('gzip < {} > {/.}-{#}.gz', 'd/x.txt', 3)).toBe("gzip < 'd/x.txt' > 'x'-'3'.gz");
});
