import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandFor } from './command-template.js';

const argv = (template: readonly string[], item: unknown, sequence = 1) =>
  commandFor({ argv: template }, item, sequence);
const shell = (line: string, item: unknown) => commandFor({ shell: line }, item, 1);

/** Runs a shell line for an item and gives the arguments that `printf` saw. */
function argumentsSeen(line: string, item: unknown): string[] {
  const [file, ...args] = shell(line, item);
  const { stdout, status, stderr } = spawnSync(file!, args, { encoding: 'buffer' });
  expect([status, stderr.toString()]).toEqual([0, '']);
  return stdout.toString().split('\0').slice(0, -1);
}

// Lone surrogates cannot be written as UTF-8, so no argument holds them.
const text = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && text.isWellFormed());
const shellText = fc.oneof(
  text,
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', '(', ')', '\n', ' ', '#', '&', ';', '{', '}', '!', '*', 'a'),
  }),
);

describe('a command template with arguments', () => {
  it('puts the item wherever {} stands, and only there', () => {
    expect(argv(['cp', '{}', 'out/{}.bak', '{x}'], 'a b')).toEqual(['cp', 'a b', 'out/a b.bak', '{x}']);
  });

  it('adds the item as the last argument where nothing stands for it', () => {
    expect(argv(['wc', '-l'], 'file')).toEqual(['wc', '-l', 'file']);
    expect(argv(['sleep'], 3)).toEqual(['sleep', '3']);
  });

  it('takes the command as it stands where there is no item', () => {
    expect(argv(['find', '-exec', 'ls', '{}', ';'], undefined)).toEqual(['find', '-exec', 'ls', '{}', ';']);
  });

  // What GNU parallel 20221122 gives for the same.
  it.each([
    ['a/b.c.tar.gz', 'a/b.c.tar', 'b.c.tar.gz', 'a', 'b.c.tar'],
    ['noext', 'noext', 'noext', '.', 'noext'],
    ['.bashrc', '', '.bashrc', '.', ''],
    ['a.b/c', 'a.b/c', 'c', 'a.b', 'c'],
    ['/', '/', '', '/', ''],
    ['a/', 'a/', '', 'a', ''],
    ['/x', '/x', 'x', '/', 'x'],
    ['', '', '', '.', ''],
    ['a//b.c', 'a//b', 'b.c', 'a', 'b'],
    ['x.', 'x.', 'x.', '.', 'x.'],
    ['//a', '//a', 'a', '/', 'a'],
  ])('knows the parts of the path %j', (path, ...parts) => {
    expect(argv(['{.}', '{/}', '{//}', '{/.}'], path)).toEqual(parts);
  });

  it('knows the number of the task and the fields of an item', () => {
    expect(argv(['{#}', '{name}={size}', '{other}'], { name: 'x', size: 2 }, 7)).toEqual(['7', 'x=2', '{other}']);
    expect(argv(['{2}-{1}', '{3}'], ['a', 'b'])).toEqual(['b-a', '{3}']);
  });

  it('gives an item that is neither text nor number as JSON', () => {
    expect(argv(['f'], { a: [1] })).toEqual(['f', '{"a":[1]}']);
    expect(argv(['f', '{o}'], { o: { a: 1 } })).toEqual(['f', '{"a":1}']);
  });

  it('does not look for placeholders in what it put in', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(argv(['{a}{b}', '{#}'], { a: `{b}${a}`, b }, 3)).toEqual([`{b}${a}${b}`, '3']);
      }),
    );
  });

  it('refuses a NUL, what has no text, and an empty command', () => {
    expect(() => argv(['f'], 'a\0b')).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('item 1 holds a NUL') }),
    );
    expect(() => argv(['f'], () => 1)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => argv([], 'a')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('a command template for the shell', () => {
  it.each([
    ["printf '%s\\0' {}", ''],
    ["printf '%s\\0' 'x{}y'", 'xy'],
    ['printf \'%s\\0\' "x{}y"', 'xy'],
    ['printf \'%s\\0\' x{}"y"', 'xy'],
    ['x={}; printf \'%s\\0\' "$x"', ''],
    ['printf \'%s\\0\' "$(printf %s {}; printf .)"', '.'],
    ['printf \'%s\\0\' "$(printf %s "x{}y"; printf \'.\')"', 'xy.'],
    ['printf \'%s\\0\' "it\'s \\" {}"', 'it\'s " '],
    ["printf '%s\\0'", ''],
  ])('passes any text on as it is: %s', (line, around) => {
    fc.assert(
      fc.property(shellText, text => {
        const [seen, ...more] = argumentsSeen(line, text);
        expect(more).toEqual([]);
        const at = around === 'xy' || around === 'xy.' ? 1 : around.startsWith('it') ? around.length : 0;
        expect(seen).toBe(around.slice(0, at) + text + around.slice(at));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    'echo `echo {}`',
    'echo ok # {}',
    'cat <<END\n{}\nEND',
    `echo "\${x:-{}}"`,
    'echo $(({} + 1))',
    'echo $((1 << 2)) {}',
    'echo \\{}',
    'echo $' + '{}',
    "echo $'{}'",
    'x="$(case a in a) echo "{}" ;; esac)"',
  ])('refuses an item where nothing can be quoted safely: %s', line => {
    expect(() => shell(line, 'x')).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('cannot be quoted safely') }),
    );
  });

  it.each(['wc -l;', 'sleep 1 &', 'echo ok # counted', 'cat <<END\nx\nEND', "echo 'open", '(cd x)'])(
    'refuses to add the item after %s',
    line => {
      expect(() => shell(line, 'x')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );

  it('never lets an item be more than text, wherever it stands', () => {
    const pieces = fc.constantFrom(
      '{}',
      "'",
      '"',
      '$(',
      ')',
      '(',
      '#',
      ' ',
      '\n',
      '\\',
      '`',
      '${',
      '}',
      '<<',
      'echo',
      'x',
      ';',
      'case',
      '$((',
      "$'",
    );
    const line = fc.array(pieces, { maxLength: 12 }).map(pieces => `: ${pieces.join('')}`);
    // Were one of these executed, it would print the word; the words are apart in the text itself.
    const attack = `'";printf BAD%s LY;$(printf BAD%s LY >&2)\n\`printf BAD%s LY >&2\` #`;
    fc.assert(
      fc.property(line, line => {
        let command: readonly string[];
        try {
          command = shell(line, attack);
        } catch {
          return;
        }
        const [file, ...args] = command;
        const { stdout, stderr } = spawnSync(file!, args, { encoding: 'utf8', cwd: '/', env: { PATH: '/nowhere' } });
        expect(stdout + stderr).not.toContain('BADLY');
      }),
      { numRuns: 400 },
    );
  });
});
